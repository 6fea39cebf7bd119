/**
 * How a round ends when not every client answers. Events and jobs of earlier versions lack these fields and are read with
 * their defaults, under which a round waits for every client.
 */
import { z } from 'zod';

export const roundOptions = {
  quorum: z
    .number()
    .positive()
    .max(1)
    .default(1)
    .describe("Share of a round's participants that must answer, rounded up; where fewer do, the federation pauses."),
  roundDeadline: z
    .int()
    .min(1)
    .max(31_536_000)
    .nullable()
    .default(null)
    .describe('Seconds after which a round goes on without those who have not answered; null: it waits for everyone.'),
  clientAttempts: z
    .int()
    .min(1)
    .max(100)
    .default(3)
    .describe("Trials of a client's job in one round; one that was cut off because its trainer died is none."),
  retryBackoff: z
    .number()
    .positive()
    .max(86_400)
    .default(1)
    .describe("Seconds before the second trial of a client's job; twice as long before each further one."),
  allowFewerExperts: z
    .boolean()
    .default(false)
    .describe(
      'Lower minExperts for a round, never below topK, where its participants could not hold that many experts each; ' +
        'otherwise the federation pauses.',
    ),
} as const;
