// SPDX-License-Identifier: Apache-2.0

package cmdline

// notImplemented names K3s's own settings that the stand-in refuses, so that the refusal can say that the name is right
// and the program is the wrong one. (K3s documentation, `k3s server` reference.)
var notImplemented = names(
	"vmodule", "advertise-port", "tls-san-security", "flannel-ipv6-masq", "flannel-external-ip", "flannel-conf",
	"flannel-cni-conf", "servicelb-namespace", "write-kubeconfig-group", "helm-job-image", "agent-token",
	"agent-token-file", "server", "s", "cluster-reset", "cluster-reset-restore-path", "etcd-arg",
	"kube-cloud-controller-manager-arg", "datastore-endpoint", "datastore-cafile", "datastore-certfile",
	"datastore-keyfile", "etcd-expose-metrics", "etcd-disable-snapshots", "etcd-snapshot-name",
	"etcd-snapshot-schedule-cron", "etcd-snapshot-retention", "etcd-snapshot-dir", "etcd-snapshot-compress", "etcd-s3",
	"etcd-s3-endpoint", "etcd-s3-access-key", "etcd-s3-secret-key", "etcd-s3-bucket", "etcd-s3-region", "etcd-s3-folder",
	"disable-scheduler", "disable-apiserver", "disable-controller-manager", "disable-etcd",
	"embedded-registry", "supervisor-metrics", "with-node-id", "image-credential-provider-bin-dir",
	"image-credential-provider-config", "docker", "container-runtime-endpoint", "default-runtime", "image-service-endpoint",
	"node-internal-dns", "node-external-dns", "vpn-auth", "vpn-auth-file", "protect-kernel-defaults", "secrets-encryption",
	"secrets-encryption-provider", "enable-pprof", "rootless", "prefer-bundled-bin", "selinux", "lb-server-port",
	"kine-tls", "datastore-token", "nonroot-devices",
)

func names(list ...string) map[string]struct{} {
	out := make(map[string]struct{}, len(list))
	for _, name := range list {
		out[name] = struct{}{}
	}
	return out
}
