import { describe, expect, it } from '@jest/globals';
import { parseOptions } from './options.js';

describe('the command line', () => {
  it('names no benchmark and takes the defaults where it is empty', () => {
    const { name, options } = parseOptions([]);
    expect(name).toBeNull();
    expect(options).toMatchObject({
      threads: 2,
      device: 'cpu',
      turns: 5,
      rivalForm: null,
      keep: false,
      profile: false,
    });
  });

  it('is a benchmark and its options, in any order', () => {
    const { name, options } = parseOptions(['--threads', '4', 'lora-step', '--rival-form', 'PyTorch float32, eager']);
    expect(name).toBe('lora-step');
    expect(options).toMatchObject({ threads: 4, rivalForm: 'PyTorch float32, eager' });
  });

  it('is refused where it names two benchmarks, an unknown option or no whole number', () => {
    expect(() => parseOptions(['decode', 'memory'])).toThrow('one benchmark at a time, not decode memory');
    expect(() => parseOptions(['decode', '--speed'])).toThrow(/--speed/);
    expect(() => parseOptions(['decode', '--device', 'gpu'])).toThrow('--device is gpu: use one of cpu, webgpu, cuda');
    expect(() => parseOptions(['decode', '--turns', '0'])).toThrow('--turns is 0: use a whole number from 1 to 9999');
  });
});
