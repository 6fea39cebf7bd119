/** ONNX's ModelProto (onnx.proto, IR version 10, operator set 21) from nodes, initializers and tensor types. */
import { onnxTypeNumber, type DataType } from '../data-type.js';
import type { Shape } from '../dimension.js';
import type { WeightData } from '../tensor.js';
import { byOutputs } from './execution-order.js';
import { ProtobufMessage } from './protobuf.js';

export type OnnxAttribute = { int: number } | { ints: readonly number[] } | { float: number } | { string: string };

export interface OnnxNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
  readonly domain: '' | 'com.microsoft';
}

export interface OnnxValue {
  readonly name: string;
  readonly shape: Shape;
  readonly dataType: DataType;
}

export interface OnnxInitializer extends OnnxValue {
  readonly data: WeightData;
}

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxInitializer[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** Types of every intermediate: without them session creation takes time superlinear in the number of nodes. */
  readonly intermediates: readonly OnnxValue[];
}

export function encodeModel(graph: OnnxGraph): Uint8Array {
  const body = new ProtobufMessage();
  byOutputs(graph).forEach((node, index) => body.message(1, encodeNode(node, index)));
  body.string(2, 'fedamole');
  for (const initializer of graph.initializers) body.message(5, encodeInitializer(initializer));
  for (const value of graph.inputs) body.message(11, encodeValue(value));
  for (const value of graph.outputs) body.message(12, encodeValue(value));
  for (const value of graph.intermediates) body.message(13, encodeValue(value));
  return new ProtobufMessage()
    .integer(1, 10)
    .string(2, 'fedamole')
    .message(7, body)
    .message(8, new ProtobufMessage().string(1, '').integer(2, 21))
    .message(8, new ProtobufMessage().string(1, 'com.microsoft').integer(2, 1))
    .encode();
}

function encodeNode(node: OnnxNode, index: number): ProtobufMessage {
  const message = new ProtobufMessage();
  for (const input of node.inputs) message.string(1, input);
  for (const output of node.outputs) message.string(2, output);
  message.string(3, `${node.operator}_${index}`).string(4, node.operator);
  for (const [name, value] of Object.entries(node.attributes)) message.message(5, encodeAttribute(name, value));
  return node.domain === '' ? message : message.string(7, node.domain);
}

function encodeAttribute(name: string, value: OnnxAttribute): ProtobufMessage {
  const message = new ProtobufMessage().string(1, name);
  if ('int' in value) return message.integer(3, value.int).integer(20, 2);
  if ('float' in value) return message.float(2, value.float).integer(20, 1);
  if ('string' in value) return message.string(4, value.string).integer(20, 3);
  for (const item of value.ints) message.integer(8, item);
  return message.integer(20, 7);
}

function encodeInitializer({ name, shape, dataType, data }: OnnxInitializer): ProtobufMessage {
  const message = new ProtobufMessage();
  for (const dimension of shape) message.integer(1, dimension as number);
  message.integer(2, onnxTypeNumber[dataType]).string(8, name);
  if (data.kind === 'memory') return message.bytes(9, data.bytes);
  const entries = { location: data.file, offset: data.offset, length: data.length };
  for (const [key, value] of Object.entries(entries)) {
    message.message(13, new ProtobufMessage().string(1, key).string(2, String(value)));
  }
  return message.integer(14, 1);
}

function encodeValue({ name, shape, dataType }: OnnxValue): ProtobufMessage {
  const dimensions = new ProtobufMessage();
  for (const dimension of shape) {
    const entry = new ProtobufMessage();
    dimensions.message(1, typeof dimension === 'number' ? entry.integer(1, dimension) : entry.string(2, dimension));
  }
  const tensorType = new ProtobufMessage().integer(1, onnxTypeNumber[dataType]).message(2, dimensions);
  return new ProtobufMessage().string(1, name).message(2, new ProtobufMessage().message(1, tensorType));
}
