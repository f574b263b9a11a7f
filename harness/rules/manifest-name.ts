// SPDX-License-Identifier: Apache-2.0
import { finding, type Rule } from './finding.ts';

/** A Kubernetes object's name (RFC 1123 subdomain, without the periods that K3s cuts off). */
const OBJECT_NAME = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;

/**
 * K3s keeps an Addon object named after what stands before the first period of a manifest's file name (k3s-io/k3s, pkg/deploy/controller.go): with
 * a name that the API server refuses, the manifest is never applied, and only a line in K3s's log says so.
 */
export const manifestName: Rule = ({ manifests, root }) =>
  manifests
    .map(({ path, installAs }) => ({ path, stem: installAs.replace(/^.*\//, '').split('.', 1)[0] ?? '' }))
    .filter(({ stem }) => !OBJECT_NAME.test(stem))
    .map(({ path, stem }) =>
      finding(
        'manifest-name',
        'warning',
        path.slice(root.length + 1),
        `K3s cannot keep a record of this manifest: "${stem}" is no valid object name, so it does not apply the file`,
        'rename the file to lower-case letters, digits and "-"',
      ),
    );
