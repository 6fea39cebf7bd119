/** The tensors of the files that a client stores, by their names: those that its held experts make them have. */
import type { AdaptedLinear } from '@fedamole/mole';

export type TensorShapes = ReadonlyMap<string, readonly number[]>;

/** Expert indices that a client holds, ascending, by module. */
export type Held = Readonly<Record<string, readonly number[]>>;

export function adapterShapes(modules: readonly AdaptedLinear[], held: Held, rank: number): TensorShapes {
  return new Map(
    modules.flatMap(({ name, inputWidth, outputWidth }) => {
      const expert = (a: string, b: string): [string, number[]][] => [
        [`${name}.${a}`, [rank, inputWidth]],
        [`${name}.${b}`, [outputWidth, rank]],
      ];
      return [
        ...expert('shared_A', 'shared_B'),
        [`${name}.token_proj`, [rank, inputWidth]] as [string, number[]],
        ...(held[name] ?? []).flatMap((_, index) => expert(`A.${index}`, `B.${index}`)),
      ];
    }),
  );
}

export function embeddingShapes(held: Held, rank: number): TensorShapes {
  return new Map(
    Object.entries(held).flatMap(([name, indices]): [string, number[]][] => [
      [`${name}.mean_token_embedding`, [rank]],
      [`${name}.mean_expert_embeddings`, [indices.length, rank]],
    ]),
  );
}
