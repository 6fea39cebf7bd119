import { withinPatience } from './patience.js';

/** Named dependencies; each check rejects with the reason why it cannot be used now. */
export type Checks = Readonly<Record<string, () => Promise<unknown>>>;

/** The reasons of all checks that fail, or do not answer within three seconds, by name; all look at the same time. */
export async function failuresOf(checks: Checks): Promise<Record<string, string>> {
  const failures: Record<string, string> = {};
  const look = async ([name, check]: [string, () => Promise<unknown>]): Promise<void> => {
    await withinPatience(check()).catch((error: unknown) => {
      failures[name] = error instanceof Error ? error.message || error.name : String(error);
    });
  };
  await Promise.all(Object.entries(checks).map(look));
  return failures;
}
