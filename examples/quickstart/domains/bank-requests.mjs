/** A bank's inbox: the team for a customer's message, one of six. */
const openings = ['I want to', 'I need to', 'I would like to', 'We want to', 'We need to', 'I have to'];

const closings = ['', ' today', ' now', ' this week'];

const requests = {
  cards: ['block my card', 'get a second card', 'get a new card', 'change my card'],
  loans: ['borrow money', 'borrow money for a car', 'borrow some more', 'pay back what I borrowed'],
  savings: ['save money', 'save for a trip', 'save some more', 'save a little'],
  security: ['report a thief', 'report a strange call', 'report a false message', 'change my password'],
  transfers: [
    'send money to my brother',
    'send money to a friend',
    'send some money to a school',
    'send money to my mother',
  ],
  houses: ['buy a house', 'sell our house', 'build a house', 'buy a small house'],
};

const teams = Object.keys(requests);

/** @type {import('./index.mjs').Domain} */
export const bankRequests = {
  name: 'bank-requests',
  instruction: 'Which team should answer this message?',
  answers: 'classes',
  draw: (pick, index) => {
    const team = teams[index % teams.length];
    return { input: `${pick(openings)} ${pick(requests[team])}${pick(closings)}.`, output: team };
  },
};
