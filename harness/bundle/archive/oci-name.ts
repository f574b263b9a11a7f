// SPDX-License-Identifier: Apache-2.0
import { normaliseImageReference } from '../../core/image-reference.ts';
import type { Descriptor } from './oci-documents.ts';

/** What an entry of index.json is called. */
export interface EntryName {
  /** Null when the entry has no name that a pod could use. */
  readonly reference: string | null;
  /** The name as written, when that is not the full spelling. */
  readonly storedAs?: string;
  /** For messages: the name as written, else the digest. */
  readonly label: string;
}

/**
 * Three habits [formats seen in the field]: docker 25 and later writes the full name into `io.containerd.image.name` and the bare tag into
 * `org.opencontainers.image.ref.name`; crane, oras and Zarf write the full name into the latter; Hauler writes it there without registry, and
 * in full (with index.docker.io) into the former. A bare tag is no name.
 */
export function nameOf({ annotations, digest }: Descriptor): EntryName {
  const full = annotations?.['io.containerd.image.name'];
  const refName = annotations?.['org.opencontainers.image.ref.name'];
  const written = full ?? (refName !== undefined && /[/:@]/.test(refName) ? refName : undefined);
  const reference = written === undefined ? null : normaliseImageReference(written);
  return {
    reference,
    ...(written === undefined || written === reference ? {} : { storedAs: written }),
    label: written ?? refName ?? digest,
  };
}
