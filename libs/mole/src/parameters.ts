/** Parameters outside of a graph: named float32 arrays, as they are trained, merged and stored. */
export interface Parameter {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** A client's trained parameters by the names of the graph's inputs, in the modules' order. */
export type Parameters = ReadonlyMap<string, Parameter>;

/** One LoRA expert of a module: A [rank, inputWidth], B [outputWidth, rank]. */
export interface Expert {
  readonly a: Float32Array;
  readonly b: Float32Array;
}

/** All experts of one module: every domain expert, the shared expert and the token projection [rank, inputWidth]. */
export interface ModulePool {
  readonly experts: readonly Expert[];
  readonly shared: Expert;
  readonly tokenProjection: Float32Array;
}

/** The federation's pool: one `ModulePool` a module, by the module's name. */
export type ExpertPool = ReadonlyMap<string, ModulePool>;

/** What one client holds of a module: the same, with the indices of its domain experts, ascending. */
export interface HeldModule extends ModulePool {
  readonly held: readonly number[];
}

export type HeldModules = ReadonlyMap<string, HeldModule>;
