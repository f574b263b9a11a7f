// SPDX-License-Identifier: Apache-2.0
import { hostPort, toAddress } from '../reach.ts';
import { ofNode, ofNodeTo, type NodeCase, pulls } from './pulls.ts';

/**
 * What the kubelet runs for a password before it pulls from a registry, as clouds' machines have it. It lies in the node's image and is
 * named to the kubelet by K3s's config.yaml, as no bundle's object can bring one.
 */
export const credentialHelper: NodeCase = {
  id: 'credential helper of the kubelet',
  plant: (draw, { namespace, profile }) => {
    const [registry, helper, folder] = [draw.host(), draw.word(), `/opt/${draw.word()}`];
    const [address, port] = [draw.address4(), draw.port()];
    const pulled = pulls(
      draw,
      namespace,
      `${registry}/${draw.word()}:1.0`,
      ofNodeTo(registry, 'image-pull', profile),
    );
    const provider = {
      name: helper,
      apiVersion: 'credentialprovider.kubelet.k8s.io/v1',
      matchImages: [registry],
      defaultCacheDuration: '0s',
      args: ['tcp', hostPort(address, port)],
    };
    const config = {
      apiVersion: 'kubelet.config.k8s.io/v1',
      kind: 'CredentialProviderConfig',
      providers: [provider],
    };
    return {
      ...pulled,
      others: [
        {
          reaches: [toAddress('tcp', address, port)],
          source: { ...ofNode(), exe: `^${folder}/bin/${helper}$` },
        },
      ],
      node: {
        makers: [`${folder}/bin/${helper}`],
        texts: { [`${folder}/config.json`]: JSON.stringify(config) },
        kubeletArguments: [
          `image-credential-provider-bin-dir=${folder}/bin`,
          `image-credential-provider-config=${folder}/config.json`,
        ],
      },
    };
  },
};
