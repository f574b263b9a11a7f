// SPDX-License-Identifier: Apache-2.0

/** What kind of dependency an attempt is, with what to do about it. `{who}` is the culprit, `{what}` the service. */
export const CLASSES: Readonly<Record<string, string>> = {
  'image-pull':
    'Put the image into the bundle under exactly the name that {who} uses, or mirror its registry in registries.yaml to one the site provides.',
  'artifact-pull':
    '{who} fetches this with a client of its own, which knows neither registries.yaml nor the images in the node’s store. Name a registry of the site in its settings, or put the content into its image or a volume.',
  'helm-repository':
    'Pack the chart (with its dependencies in charts/) into the bundle and install {who} from the file; a HelmChart takes it as spec.chartContent or from server/static/charts.',
  'os-packages':
    'Build the packages into the image of {who}, or carry them in the bundle and install them from files; take apt, yum or apk out of its start-up.',
  pypi: 'Install the Python packages when the image of {who} is built, or carry the wheels in the bundle and use `pip install --no-index --find-links`.',
  npm: 'Install the JavaScript packages when the image of {who} is built, or carry them in the bundle and use `npm ci --offline` with a packed cache.',
  'language-packages': 'Install the packages when the image of {who} is built.',
  git: 'Put the files that {who} clones or downloads into its image or into a ConfigMap of the bundle, or name a repository that the site provides.',
  acme: 'Use an issuer of the site’s own certificate authority (cert-manager: a CA or Vault issuer) for {who}; a public ACME authority cannot reach it.',
  'ocsp-crl':
    'Switch revocation checks of {who} off, staple the answers, or give it a responder or CRL distribution point inside the site.',
  ntp: 'Point the time client of {who} to a time server of the site (chrony: `server ntp.site iburst` instead of `pool`), and declare that server in gate.yaml under site.internal.',
  telemetry: 'Switch the usage statistics of {who} off in its settings.',
  'version-check': 'Switch the update check of {who} off in its settings.',
  geoip: 'Carry the database of {who} in the bundle and switch its download off.',
  'signature-verification':
    'Give {who} its keys and trust root from the bundle, and switch look-ups of public logs off.',
  'scanner-database':
    'Carry the database of {who} in the bundle or mirror it to a registry of the site, and switch its download off.',
  'rules-download': 'Carry the rules of {who} in the bundle and switch their download off.',
  'file-download': 'Build the file into the image of {who}, or carry it in the bundle.',
  'web-assets':
    'Let {who} serve these files itself: without them its pages load slowly or stay empty, while its pods are Ready.',
  'plugin-download': 'Build the plug-ins into the image of {who} and switch their download off.',
  'model-download': 'Carry the model of {who} in the bundle and switch downloads off.',
  'schema-download': 'Put the schema beside what uses it in {who} and reference it by a relative path.',
  'cloud-metadata':
    'Switch the cloud detection of {who} off and give it region and credentials explicitly (AWS SDKs: `AWS_EC2_METADATA_DISABLED=true`); without an answer it waits for minutes.',
  'cloud-api': 'Switch the cloud integration of {who} off, or name an endpoint that the site provides.',
  'license-check':
    'Give {who} an offline licence, or a licence server of the site, and declare that in gate.yaml under site.internal.',
  'feature-flags': 'Give {who} its flags from a file of the bundle, and switch the remote ones off.',
  'ai-api':
    'Point {who} to a model that the site serves, by its base URL, and declare it in gate.yaml under site.internal.',
  notification:
    'Let {who} notify by a service of the site (mail relay, chat), by a setting, and declare it in gate.yaml under site.internal.',
  'connectivity-check': 'Switch the test for internet access of {who} off.',
  'public-ip-lookup': 'Give {who} its address by a setting, or switch the look-up off.',
  vpn: 'Take the tunnel out of {who}: nothing outside the site can be its other end.',
  proxy:
    'Take the proxy out of {who}: unset HTTP_PROXY and HTTPS_PROXY, or, if the site has that proxy, declare it in gate.yaml under site.internal and put the cluster’s ranges, `.svc` and the cluster domain into NO_PROXY.',
  oidc: 'Point {who} to the site’s own identity provider (issuer URL), and declare it in gate.yaml under site.internal.',
  doh: 'Switch encrypted DNS of {who} off so that it asks the cluster DNS.',
  'dns-server':
    'Take the hard-coded DNS server out of {who} (dnsPolicy: ClusterFirst, no dnsConfig.nameservers; CoreDNS: forward to a server of the site).',
  'icmp-ping': 'Remove the reachability test by ping from {who}, or let it ping an address of the site.',
  syslog:
    'Send the logs of {who} to a collector of the site, by a setting, and declare it in gate.yaml under site.internal.',
  'search-domain':
    'An internal name left the cluster with a search domain of the node or of the pod behind it. Use full names with a final dot in {who}, lower `ndots` in its dnsConfig, or take the search domain out of its dnsConfig and the node’s resolv.conf.',
  mail: 'Let {who} send mail through a relay of the site, by a setting, and declare it in gate.yaml under site.internal.',
  ssh: 'Take the connection to an outside SSH server out of {who}, or name a host of the site.',
  database:
    'Point {who} to a database of the site, by a setting, and declare it in gate.yaml under site.internal.',
  directory:
    'Point {who} to a directory (LDAP, Kerberos) of the site, by a setting, and declare it in gate.yaml under site.internal.',
  'message-broker':
    'Point {who} to a message broker of the site, by a setting, and declare it in gate.yaml under site.internal.',
  monitoring:
    'Send the metrics and traces of {who} to a collector of the site, by a setting, and declare it in gate.yaml under site.internal.',
  'network-storage':
    'Point {who} to storage of the site, by a setting, and declare it in gate.yaml under site.internal.',
  'kubernetes-api': 'Take the connection to another cluster out of {who}, or name one of the site.',
  'http-by-address':
    'Take the hard-coded address out of {who}: make it a setting, and declare what the site provides in gate.yaml under site.internal.',
  'raw-frame':
    'A program in {who} builds packets itself (AF_PACKET or a raw socket). Find it by the containers’ CAP_NET_RAW and drop that capability.',
  discovery: 'Switch service discovery by multicast (SSDP, mDNS across links) of {who} off.',
  'reverse-lookup':
    'Switch reverse look-ups of client addresses off in {who}, or let the site’s DNS answer for that zone.',
  'unknown-name':
    'Find the setting of {who} that holds this name and switch it off, or, if the site provides it, declare it in gate.yaml under site.internal.',
  'unknown-address':
    'Find the setting of {who} that holds this address and switch it off, or, if the site provides it, declare it in gate.yaml under site.internal.',
};
