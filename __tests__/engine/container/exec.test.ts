// What keeps an exec from starting; execs that do are in __tests__/e2e/exec.test.ts.
import { ExecSession } from '../../../lib/engine/container/exec.ts';
import { exitedState, runningState, TestStore } from '../../helpers/container-records.ts';

const request = { args: ['true'], env: [], tty: false, stdin: false, privileged: false };

test.each([
  ['ended', exitedState(0), 'NOT_RUNNING', 'proa start web'],
  ['was running in another boot', { ...runningState(), bootId: 'x' }, 'NOT_RUNNING', 'proa start web'],
  ['is paused', { ...runningState(), status: 'paused' as const }, 'PAUSED', 'proa unpause web'],
])('a container that %s takes none', async (_, state, code, hint) => {
  using records = new TestStore();
  const { config } = await records.add({ name: 'web' }, state);
  const opening = ExecSession.open(records.engine, config.id, request, false);
  await expect(opening).rejects.toMatchObject({ code, hint, exitCode: 1 });
});
