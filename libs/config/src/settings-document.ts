/** docs/settings.md: every variable of every service, from the definitions that validate them. */
import { aggregatorVariables } from './aggregator-settings.js';
import { apiVariables } from './api-settings.js';
import type { Documentation } from './documented.js';
import { secretVariables } from './secret-files.js';
import { trainerVariables } from './trainer-settings.js';

interface Row extends Documentation {
  readonly services: string[];
}

const services = { api: apiVariables({}), trainer: trainerVariables({}), aggregator: aggregatorVariables({}) };

export function settingsDocument(): string {
  const rows = new Map<string, Row>();
  for (const [service, variables] of Object.entries(services)) {
    for (const [name, { documentation }] of Object.entries(variables)) {
      const row = rows.get(name);
      if (row === undefined) rows.set(name, { ...documentation, services: [service] });
      else row.services.push(service);
    }
  }
  const secrets = secretVariables.map((name) => `\`${name}_FILE\``).join(', ');
  return `# Settings

Written by \`npm run openapi\` from the definitions that check them. Services read them from their environment. An empty one counts
as one that is not set; a wrong one ends the start, and all wrong ones are named at once, with their values and what is accepted.

| variable | of | meaning | default |
| --- | --- | --- | --- |
${[...rows].map(lineOf).join('\n')}

What holds a password may be given by a file instead, as container secrets are: ${secrets}.
`;
}

function lineOf([name, { services: of, meaning, byDefault }]: [string, Row]): string {
  const whose = of.length === Object.keys(services).length ? 'all' : of.join(', ');
  return `| \`${name}\` | ${whose} | ${meaning} | ${byDefault} |`;
}
