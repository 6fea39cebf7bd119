/** What attaches to a frozen linear layer: plain LoRA and the mixture of LoRA experts share this form. */
import type { Tensor } from '@fedamole/graph';

export interface LoraSettings {
  /** Rank r and alpha of Hu et al. 2021; the low-rank product is scaled by alpha / rank. */
  readonly rank: number;
  readonly alpha: number;
}

/** A plain LoRA, whose modules may differ. */
export interface PlainLoraSettings extends LoraSettings {
  /** By the module's name, where rank and alpha are others. */
  readonly exceptions?: ReadonlyMap<string, LoraSettings>;
}

export interface MoleSettings extends LoraSettings {
  /** Domain experts that a token is routed to (t). */
  readonly topK: number;
}

/** A linear layer that is adapted; its frozen weight is [outputWidth, inputWidth]. */
export interface AdaptedLinear {
  readonly name: string;
  readonly inputWidth: number;
  readonly outputWidth: number;
}

/** Adapters of several layers in one graph. */
export interface AdapterGraph {
  /** Adds the module's adapter to a layer's output: input [tokens, inputWidth], output [tokens, outputWidth]. */
  adapt(module: string, input: Tensor, output: Tensor): Tensor;
  /** The trained inputs, in the modules' order. Their names are the keys of a client's parameters. */
  readonly parameters: readonly Tensor[];
  /** The sum over modules of the load-balancing loss [1]; null where nothing is routed. Complete once every module was adapted. */
  balanceLoss(): Tensor | null;
  /** Per module what its router did; complete likewise. */
  routing(): ReadonlyMap<string, ModuleRouting>;
}

/** What the router of a module did. */
export interface ModuleRouting {
  /** 1 for the experts that each token is routed to, else 0 [tokens, held]. */
  readonly chosen: Tensor;
  /** Mean embeddings over real tokens. */
  readonly means: ModuleEmbeddings;
}

export interface ModuleEmbeddings {
  /** [1, rank] */
  readonly token: Tensor;
  /** [held, rank] */
  readonly experts: Tensor;
}

/** The name of a module's dropout mask in training graphs: an input [batch * time, inputWidth], true for what is kept. */
export const dropoutMaskName = (module: string): string => `${module}.dropout`;

/** Applies a module's dropout mask where the graph has one. */
export type DropExpertInput = (module: AdaptedLinear, input: Tensor) => Tensor;
