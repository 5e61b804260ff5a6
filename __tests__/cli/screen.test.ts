import { redraw } from '../../lib/cli/screen.ts';

test('the first picture clears the screen, later ones write over it without clearing first', () => {
  expect(redraw('A\nB\n', true, 24)).toBe('\x1b[H\x1b[J\x1b[?7lA\x1b[K\nB\x1b[K\n\x1b[J\x1b[?7h');
  expect(redraw('A\n', false, 24)).toBe('\x1b[H\x1b[?7lA\x1b[K\n\x1b[J\x1b[?7h');
});

test('what does not fit is left out, so that nothing scrolls', () => {
  expect(redraw('1\n2\n3\n4\n', false, 3)).toBe('\x1b[H\x1b[?7l1\x1b[K\n2\x1b[K\n\x1b[J\x1b[?7h');
});
