import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { chooseDevice, DeviceError, type ChosenDevice } from './devices.js';

const run = promisify(execFile);
const devices = new URL('./devices.js', import.meta.url).href;

/** What is chosen in a process without a Vulkan driver; the reason where it is refused. */
async function chosenWithoutVulkan(choice: string): Promise<ChosenDevice | string> {
  const script =
    `const { chooseDevice } = await import(${JSON.stringify(devices)});` +
    `const say = (of) => console.log(JSON.stringify(of));` +
    `await chooseDevice(${JSON.stringify(choice)}).then(say, (error) => say(error.name + ': ' + error.message));`;
  const env = { ...process.env, VK_DRIVER_FILES: '/nowhere.json', VK_ICD_FILENAMES: '/nowhere.json' };
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], { env });
  return JSON.parse(stdout) as ChosenDevice | string;
}

describe('a device', () => {
  it('that is asked for by name and is not there is refused, with what is in the way and what it wants', async () => {
    const refused = await chosenWithoutVulkan('webgpu');
    expect(refused).toMatch(
      /^DeviceError: device webgpu is not there: .*adapter.*; it wants a GPU whose driver speaks Vulkan/,
    );
  });

  it('is the CPU where that is asked for', async () => {
    expect(await chooseDevice('cpu')).toEqual({ device: 'cpu', passedOver: {} });
  });

  it('is found by auto, which says why it passed over the others', async () => {
    const chosen = (await chosenWithoutVulkan('auto')) as ChosenDevice;
    expect(['cpu', 'cuda']).toContain(chosen.device);
    if (chosen.device === 'cpu')
      expect(chosen.passedOver).toEqual({ cuda: expect.any(String), webgpu: expect.any(String) });
  });

  it('of CUDA is either there or refused with what it wants', async () => {
    const error = await chooseDevice('cuda').catch((reason: unknown) => reason);
    if (!(error instanceof Error)) return;
    expect(error).toBeInstanceOf(DeviceError);
    expect(error.message).toMatch(/^device cuda is not there: .+; it wants an NVIDIA GPU, its driver, CUDA 12/);
  });
});
