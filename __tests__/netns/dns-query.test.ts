import { answersIn, dnsQuestion } from '../../lib/netns/dns-query.ts';

/** An answer to question 7 with these flags and counts. */
const answer = (flags: number, answers: number, id = 7): Buffer => {
  const message = Buffer.alloc(12);
  message.writeUInt16BE(id, 0);
  message.writeUInt16BE(flags, 2);
  message.writeUInt16BE(answers, 6);
  return message;
};

test('a question is a header, the labels, and what is asked for', () => {
  const question = dnsQuestion(7, 'web.net', false);
  expect(question.toString('hex')).toBe(
    '000701000001000000000000' + '03776562' + '036e6574' + '00' + '0001' + '0001',
  );
  expect(dnsQuestion(7, 'web', true).subarray(-4).toString('hex')).toBe('001c0001');
});

test('answers are counted, failures are none, and what belongs to another question is no answer', () => {
  expect(answersIn(answer(0x8180, 2), 7)).toBe(2);
  // NXDOMAIN
  expect(answersIn(answer(0x8183, 0), 7)).toBe(0);
  expect(answersIn(answer(0x8180, 2, 8), 7)).toBeUndefined();
  // A question, and half a header.
  expect(answersIn(answer(0x0100, 1), 7)).toBeUndefined();
  expect(answersIn(answer(0x8180, 2).subarray(0, 8), 7)).toBeUndefined();
});
