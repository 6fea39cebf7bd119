/** Activation functions by the names that config.json gives them (transformers' ACT2FN). */
import { add, geluTanh, gelu, multiply, relu, scale, silu, subtract, tanh, type Tensor } from '@fedamole/graph';
import type { ConfigurationFields } from './configuration-fields.js';

export type Activation = (x: Tensor) => Tensor;

/** x * sigmoid(1.702 x), an approximation of gelu. */
const quickGelu: Activation = (x) => scale(silu(scale(x, 1.702)), 1 / 1.702);

const leakyRelu: Activation = (x) => subtract(relu(x), scale(relu(scale(x, -1)), 0.01));

/** min(max(x, 0), 6) */
const relu6: Activation = (x) => subtract(relu(x), relu(add(x, x.graph.constant([-6], [1]))));

const activations = {
  gelu,
  gelu_accurate: geluTanh,
  gelu_fast: geluTanh,
  gelu_new: geluTanh,
  gelu_python: gelu,
  gelu_python_tanh: geluTanh,
  gelu_pytorch_tanh: geluTanh,
  leaky_relu: leakyRelu,
  linear: (x) => x,
  quick_gelu: quickGelu,
  relu,
  relu2: (x) => multiply(relu(x), relu(x)),
  relu6,
  silu,
  swish: silu,
  tanh,
} satisfies Record<string, Activation>;

type ActivationName = keyof typeof activations;

export const readActivation = (config: ConfigurationFields, field: string, fallback: ActivationName): Activation =>
  activations[config.oneOf(field, Object.keys(activations) as ActivationName[], fallback)];
