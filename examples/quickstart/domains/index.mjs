/**
 * The eight domains of the quickstart, one per client.
 *
 * @typedef {<Item>(items: readonly Item[]) => Item} Pick one item, drawn with equal chances
 *
 * @typedef {object} Domain
 * @property {string} name the client's name in a federation
 * @property {string} instruction the same for all examples of the domain
 * @property {'classes' | 'open'} answers whether the answers are a few classes, or made of the input's words
 * @property {(pick: Pick, index: number) => {input: string, output: string}} draw example number `index`; classes take turns by it
 */
import { airlinePassengers } from './airline-passengers.mjs';
import { bankRequests } from './bank-requests.mjs';
import { callNotes } from './call-notes.mjs';
import { hospitalTriage } from './hospital-triage.mjs';
import { hotelQuestions } from './hotel-questions.mjs';
import { insuranceClaims } from './insurance-claims.mjs';
import { parcelStreets } from './parcel-streets.mjs';
import { retailOrders } from './retail-orders.mjs';

/** @type {readonly Domain[]} */
export const domains = [
  airlinePassengers,
  bankRequests,
  callNotes,
  hospitalTriage,
  hotelQuestions,
  insuranceClaims,
  parcelStreets,
  retailOrders,
];
