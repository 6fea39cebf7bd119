import { resourceName } from '@fedamole/federation';
import { z } from 'zod';
import { printableText } from '../http/printable-text.js';

export const registerClient = z
  .strictObject({
    name: resourceName.describe('Name of the client, as trainers map it to its data.'),
    description: printableText(500).optional(),
  })
  .meta({ title: 'RegisterClient' });
export type RegisterClientBody = z.infer<typeof registerClient>;

export const clientResource = z
  .strictObject({
    name: resourceName,
    description: z.string().nullable(),
    registeredAt: z.iso.datetime(),
  })
  .meta({ title: 'Client' });
export type ClientResource = z.infer<typeof clientResource>;

export const clientList = z.strictObject({ clients: z.array(clientResource) }).meta({ title: 'ClientList' });
export type ClientList = z.infer<typeof clientList>;
