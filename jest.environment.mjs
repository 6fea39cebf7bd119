/**
 * Jest runs suites in a realm of its own; ONNX Runtime's binding makes and checks typed arrays of the outer one. Sharing
 * their constructors lets a session's results pass the binding's type checks.
 */
import { TestEnvironment } from 'jest-environment-node';

const shared = {
  ArrayBuffer,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  Int32Array,
  Int8Array,
  Uint8Array,
  Uint16Array,
};

export default class OuterTypedArrays extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    Object.assign(this.global, shared);
  }
}
