import { dependenciesOf } from '../../../lib/engine/container/dependencies.ts';
import { removeDependents } from '../../../lib/engine/container/dependents.ts';
import type { Engine } from '../../../lib/engine/engine.ts';
import { listContainers } from '../../../lib/storage/containers.ts';
import { TestStore } from '../../helpers/container-records.ts';

const joining = (id: string) => ({ network: { mode: `container:${id}`, ports: [] } });

test('those that share a namespace of it go before it, theirs first; others stay', async () => {
  using records = new TestStore();
  const { config: base } = await records.add({ name: 'base' });
  const { config: middle } = await records.add({ name: 'middle', ...joining(base.id) });
  await records.add({ name: 'top', ...joining(middle.id) });
  await records.add({ name: 'other' });
  expect(dependenciesOf(middle)).toEqual([base.id]);
  const engine = { store: records.store } as Engine;
  await removeDependents(engine, base.id, {});
  const names = listContainers(records.store).map(({ config }) => config.name);
  expect(names.sort()).toEqual(['base', 'other']);
});

test('a ring is an error and removes nothing', async () => {
  using records = new TestStore();
  const [a, b] = ['a', 'b'].map((digit) => digit.repeat(64)) as [string, string];
  await records.add({ id: a, name: 'a', ...joining(b) });
  await records.add({ id: b, name: 'b', ...joining(a) });
  await expect(removeDependents({ store: records.store } as Engine, a, {})).rejects.toMatchObject({
    code: 'CYCLE',
  });
  expect(listContainers(records.store)).toHaveLength(2);
});
