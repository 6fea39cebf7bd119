/** For suites that run on WebGPU: on hardware, or on the software Vulkan device that VK_DRIVER_FILES names. */
import { describe } from '@jest/globals';
import { chooseDevice } from './devices.js';

/** A suite that is skipped, with the reason in its title, where there is no WebGPU device; with CI=true it then fails. */
export async function describeOnWebgpu(title: string, suite: () => void): Promise<void> {
  const problem = await chooseDevice('webgpu').then(
    () => null,
    (error: unknown) => String(error),
  );
  if (problem === null || process.env['CI'] === 'true') describe(title, suite);
  else describe.skip(`${title} (skipped: ${problem})`, suite);
}
