// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/sirupsen/logrus"
	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	logsapi "k8s.io/component-base/logs/api/v1"

	"airgap.dev/k3s-compat/internal/bundled"
	"airgap.dev/k3s-compat/internal/cmdline"
	"airgap.dev/k3s-compat/internal/containerd"
	"airgap.dev/k3s-compat/internal/controlplane"
	"airgap.dev/k3s-compat/internal/deploy"
	"airgap.dev/k3s-compat/internal/helmcontroller"
	"airgap.dev/k3s-compat/internal/logging"
	"airgap.dev/k3s-compat/internal/node"
	"airgap.dev/k3s-compat/internal/nodenet"
	"airgap.dev/k3s-compat/internal/packaged"
	"airgap.dev/k3s-compat/internal/pki"
	"airgap.dev/k3s-compat/internal/servicelb"
	"airgap.dev/k3s-compat/internal/token"
	"airgap.dev/k3s-compat/internal/version"
)

// shutdown is how long components may take to end after SIGTERM; containers go on, as with K3s.
const shutdown = 1500 * time.Millisecond

// Run is `k3s server`. It returns when ctx ends, or with the error of the component that ended first.
func Run(ctx context.Context, o *cmdline.Options) error {
	if err := logging.Setup(o.Log); err != nil {
		return err
	}
	// All components log through one configuration: the second one must not be an error.
	logsapi.ReapplyHandling = logsapi.ReapplyHandlingIgnoreUnchanged
	s, err := Resolve(o)
	if err != nil {
		return err
	}
	logrus.Infof("Starting k3s %s (stand-in)", version.Release())
	if err := ensureRunDir(); err != nil {
		return err
	}

	// A component that ends, ends the node, as with K3s, whose service manager restarts it.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	failed := make(chan error, 16)
	var running sync.WaitGroup
	run := func(name string, work func(context.Context) error) {
		running.Go(func() {
			err := work(ctx)
			if ctx.Err() == nil {
				failed <- fmt.Errorf("%s ended: %w", name, errorOr(err, errors.New("without a reason")))
			}
		})
	}
	go func() {
		if err := start(ctx, s, run); err != nil && ctx.Err() == nil {
			failed <- err
		}
	}()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		logrus.Info("Shutting down")
		ended := make(chan struct{})
		go func() {
			running.Wait()
			close(ended)
		}()
		select {
		case <-ended:
		case <-time.After(shutdown):
		}
		return nil
	}
}

type runner func(name string, work func(context.Context) error)

// start brings everything up: keys, database and container runtime side by side, since each is slow on its own.
func start(ctx context.Context, s *Settings, run runner) error {
	var store *containerd.Store
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error {
		ca, err := makeCertificates(s)
		if err != nil {
			return fmt.Errorf("certificates: %w", err)
		}
		return token.Write(s.Data, s.Token, ca)
	})
	group.Go(func() error {
		etcd, err := controlplane.StartEtcd(groupCtx, s.Data)
		if err != nil {
			return err
		}
		run("etcd", func(ctx context.Context) error {
			select {
			case err := <-etcd.Err():
				return err
			case <-ctx.Done():
				etcd.Close()
				return nil
			}
		})
		return nil
	})
	group.Go(func() (err error) {
		store, err = startRuntime(groupCtx, s, run)
		return err
	})
	if err := group.Wait(); err != nil {
		return err
	}

	run("kube-apiserver", func(ctx context.Context) error {
		return controlplane.RunAPIServer(ctx, s.apiServerArgs(), func(api http.Handler) http.Handler {
			return staticFiles(s.Data.Server("static"), api)
		})
	})
	// Images before the kubelet, as K3s does: a pod must not find its image missing because the import was late.
	if err := store.Watch(ctx, s.Data.Images()); err != nil {
		return fmt.Errorf("watch the images folder: %w", err)
	}
	imported := make(chan struct{})
	go func() {
		store.ImportFolder(ctx, s.Data.Images())
		close(imported)
	}()
	config, err := clientcmd.BuildConfigFromFlags("", s.Data.Cred("admin.kubeconfig"))
	if err != nil {
		return err
	}
	config.QPS, config.Burst = 100, 200
	if err := waitReady(ctx, config); err != nil {
		return err
	}
	run("kube-controller-manager", func(ctx context.Context) error {
		return controlplane.RunControllerManager(ctx, s.controllerManagerArgs())
	})
	run("kube-scheduler", func(ctx context.Context) error { return controlplane.RunScheduler(ctx, s.schedulerArgs()) })
	admin := s.Data.ServerTLS("client-admin.crt")
	if err := pki.WriteKubeconfig(s.Kubeconfig, s.ServerURL(), s.Data.ServerTLS("server-ca.crt"), admin, s.Data.ServerTLS("client-admin.key"), s.KubeconfigMode); err != nil {
		return err
	}
	select {
	case <-imported:
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := startNode(s, run); err != nil {
		return err
	}
	if err := deployManifests(ctx, s, config, store, run); err != nil {
		return err
	}
	return labelNode(ctx, config, s.NodeName)
}

// startRuntime unpacks the programs, configures and starts containerd, and writes the pods' network.
func startRuntime(ctx context.Context, s *Settings, run runner) (*containerd.Store, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if err := bundled.Unpack(bundled.Layout{Bin: s.Data.Unpacked, Current: s.Data.Current(), CNI: s.Data.CNIBin(), Self: self}); err != nil {
		return nil, err
	}
	// containerd finds its shim, and the CNI plugins iptables, by PATH.
	if err := os.Setenv("PATH", s.Data.Current()+"/bin:"+os.Getenv("PATH")); err != nil {
		return nil, err
	}
	ownNetwork := s.FlannelBackend != "none"
	if ownNetwork {
		if err := writePodNetwork(s); err != nil {
			return nil, err
		}
	}
	if err := containerd.Configure(containerd.Settings{
		Data: s.Data, PauseImage: s.PauseImage, Snapshotter: s.Snapshotter, SystemdCgroup: s.SystemdCgroup, OwnNetwork: ownNetwork,
		RegistryFile: s.PrivateRegistry, NoDefaultEndpoint: s.DisableDefaultRegistryEndpoint,
	}); err != nil {
		return nil, err
	}
	process, err := containerd.Start(s.Data, s.Log.Debug)
	if err != nil {
		return nil, fmt.Errorf("start containerd: %w", err)
	}
	run("containerd", func(ctx context.Context) error {
		select {
		case err := <-process.Done():
			return err
		case <-ctx.Done():
			process.Terminate()
			return <-process.Done()
		}
	})
	connection, err := containerd.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &containerd.Store{Client: connection, ExtraRegistries: s.AirgapExtraRegistries.Values()}, nil
}

// writePodNetwork needs no answer of the control plane: the first node always gets the first network of the range.
func writePodNetwork(s *Settings) error {
	pods := make([]string, 0, len(s.ClusterCIDR))
	for _, network := range s.ClusterCIDR {
		pods = append(pods, nodenet.FirstPodNetwork(network).String())
	}
	return nodenet.WriteCNI(s.Data.CNIConfig(), pods)
}

func startNode(s *Settings, run runner) error {
	driver := "cgroupfs"
	if s.SystemdCgroup {
		driver = "systemd"
	}
	dns := make([]string, 0, len(s.ClusterDNS))
	for _, ip := range s.ClusterDNS {
		dns = append(dns, ip.String())
	}
	if err := node.WriteKubeletDefaults(node.KubeletSettings{
		Data: s.Data, ClusterDNS: dns, ClusterDomain: s.ClusterDomain, ResolvConf: s.ResolvConf, CgroupDriver: driver,
		Taints: s.NodeTaints.Values(),
	}); err != nil {
		return err
	}
	run("kubelet", func(ctx context.Context) error { return node.RunKubelet(ctx, s.kubeletArgs()) })
	if !s.DisableKubeProxy {
		run("kube-proxy", func(ctx context.Context) error { return node.RunProxy(ctx, s.proxyArgs()) })
	}
	return nil
}

// deployManifests writes the packaged manifests and applies everything that lies in their folder, now and later.
func deployManifests(ctx context.Context, s *Settings, config *rest.Config, store *containerd.Store, run runner) error {
	disabled := s.Disable.Values()
	if err := packaged.Write(s.Data.Manifests(), disabled, packaged.Values{
		ClusterDNS: s.ClusterDNS[0].String(), ClusterDomain: s.ClusterDomain,
		NodeIP: s.NodeIPs[0].String(), NodeName: s.NodeName, SystemDefaultRegistry: s.SystemDefaultRegistry,
		LocalStoragePath: s.LocalStoragePath,
	}, func(reference string) bool { return store.Has(ctx, reference) }); err != nil {
		return err
	}
	startHelmController(ctx, s, config, store, run)
	controller, err := deploy.New(config, s.Data.Manifests(), s.Data.Server("deployed.json"), disabled)
	if err != nil {
		return err
	}
	run("deploy controller", func(ctx context.Context) error {
		controller.Run(ctx)
		return nil
	})
	balancer := packaged.Prefix(s.SystemDefaultRegistry) + servicelb.Image
	switch {
	case slices.Contains(disabled, "servicelb"):
		if err := servicelb.RemoveAll(ctx, config); err != nil {
			logrus.Errorf("servicelb: %v", err)
		}
	case !store.Has(ctx, balancer):
		logrus.Infof("Packaged component servicelb is left out: its image %s is not on this node", balancer)
	default:
		run("service load balancer", func(ctx context.Context) error { return servicelb.Run(ctx, config, balancer) })
	}
	return nil
}

// startHelmController makes the cluster know charts as objects, and installs them.
func startHelmController(ctx context.Context, s *Settings, config *rest.Config, store *containerd.Store, run runner) {
	image := packaged.Prefix(s.SystemDefaultRegistry) + helmcontroller.Image
	switch {
	case s.DisableHelmController:
		logrus.Info("The helm controller is disabled: HelmChart and HelmChartConfig are unknown kinds")
	case !store.Has(ctx, image):
		logrus.Infof("The helm controller is left out: the image of its jobs %s is not on this node", image)
	default:
		run("helm controller", func(ctx context.Context) error {
			if err := helmcontroller.DefineKinds(ctx, config); err != nil {
				return err
			}
			return helmcontroller.Run(ctx, config, s.NodeName, image)
		})
	}
}

// waitReady waits until the API server says that it is ready; the controllers end on missing RBAC roles otherwise.
func waitReady(ctx context.Context, config *rest.Config) error {
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return err
	}
	client.Timeout = 2 * time.Second
	for {
		if response, err := client.Get(config.Host + "/readyz"); err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// labelNode gives the node its role: the kubelet may not do so itself (NodeRestriction).
func labelNode(ctx context.Context, config *rest.Config, name string) error {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	patch := []byte(`{"metadata":{"labels":{"node-role.kubernetes.io/control-plane":"true","node.kubernetes.io/instance-type":"k3s"}}}`)
	for ctx.Err() == nil {
		if _, err = client.CoreV1().Nodes().Patch(ctx, name, types.MergePatchType, patch, metav1.PatchOptions{}); err == nil {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return ctx.Err()
}

func errorOr(err, other error) error {
	if err != nil {
		return err
	}
	return other
}
