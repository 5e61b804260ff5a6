// Every sentence of the Dockerfile reference that the real builders know: a build each, image and files compared.
import { ADD, IGNORED } from './builds/add-ignore.ts';
import { CACHES } from './builds/caches.ts';
import {
  COMMANDS,
  HEALTHCHECKS,
  LABELS,
  ONBUILDS,
  OTHERS,
  SHELLS,
  USERS,
  VOLUMES,
  WORKDIRS,
} from './builds/configuration.ts';
import { COPY_DESTINATIONS } from './builds/copy-destinations.ts';
import { ATTRIBUTES, COPY_FROM, WILDCARDS } from './builds/copy-files.ts';
import { BUILDAH } from './builds/podman.ts';
import { RUNS, STAGES, SYNTAX } from './builds/steps.ts';
import { ARGS, ENVS, EXPANSIONS } from './builds/variables.ts';
import { compareBuildsWith } from './compare-builds.ts';

compareBuildsWith('docker', {
  'COPY, destinations': COPY_DESTINATIONS,
  'COPY, wildcards': WILDCARDS,
  'COPY, what of a file is copied': ATTRIBUTES,
  'COPY --from': COPY_FROM,
  ADD,
  '.dockerignore': IGNORED,
  ARG: ARGS,
  ENV: ENVS,
  expansion: EXPANSIONS,
  WORKDIR: WORKDIRS,
  USER: USERS,
  VOLUME: VOLUMES,
  'CMD and ENTRYPOINT': COMMANDS,
  HEALTHCHECK: HEALTHCHECKS,
  SHELL: SHELLS,
  LABEL: LABELS,
  'EXPOSE, STOPSIGNAL, MAINTAINER, FROM': OTHERS,
  ONBUILD: ONBUILDS,
  RUN: RUNS,
  stages: STAGES,
  syntax: SYNTAX,
  cache: CACHES,
});

// Its errors are 125, and it leaves the folders behind that it mounted its own files in.
compareBuildsWith('podman', { 'what buildah alone knows': BUILDAH }, ['code', '/run']);
