import { absoluteTimes } from '../../../lib/commands/container/filter-times.ts';

test('until becomes a point in time, other filters stay', () => {
  const [until, ...others] = absoluteTimes(['until=1h', 'until=1700000000', 'label=until=1h', 'name=x']);
  const age = Date.now() - Date.parse(until!.slice('until='.length));
  expect(Math.abs(age - 3_600_000)).toBeLessThan(5_000);
  expect(others).toEqual(['until=2023-11-14T22:13:20Z', 'label=until=1h', 'name=x']);
});

test('what is no time is refused with the filter in the words', () => {
  expect(() => absoluteTimes(['until=soon'])).toThrow(
    expect.objectContaining({ code: 'INVALID_FILTER', message: expect.stringContaining('"until=soon"') }),
  );
});
