// Podman's own commands and options, where Docker has none: a line a test.
import { compareWith } from './compare.ts';
import { GENERATE } from './lines/generate.ts';
import { PODMAN } from './lines/podman.ts';

compareWith('podman', { podman: PODMAN, generate: GENERATE });
