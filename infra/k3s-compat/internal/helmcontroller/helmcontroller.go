// SPDX-License-Identifier: Apache-2.0

// Package helmcontroller runs K3s's own controller for HelmChart and HelmChartConfig objects (github.com/k3s-io/helm-controller) in this process, as
// K3s does.
package helmcontroller

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/k3s-io/helm-controller/pkg/controllers/chart"
	"github.com/k3s-io/helm-controller/pkg/crds"
	"github.com/k3s-io/helm-controller/pkg/generated/controllers/helm.cattle.io"
	"github.com/rancher/lasso/pkg/cache"
	lassoclient "github.com/rancher/lasso/pkg/client"
	"github.com/rancher/lasso/pkg/controller"
	"github.com/rancher/wrangler/v3/pkg/apply"
	"github.com/rancher/wrangler/v3/pkg/generated/controllers/batch"
	"github.com/rancher/wrangler/v3/pkg/generated/controllers/core"
	"github.com/rancher/wrangler/v3/pkg/generated/controllers/rbac"
	"github.com/rancher/wrangler/v3/pkg/generic"
	"github.com/rancher/wrangler/v3/pkg/ratelimit"
	"github.com/rancher/wrangler/v3/pkg/schemes"
	"github.com/rancher/wrangler/v3/pkg/start"
	corev1 "k8s.io/api/core/v1"
	apiextv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apiext "k8s.io/apiextensions-apiserver/pkg/client/clientset/clientset"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	typedv1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/record"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/klog/v2"
	"k8s.io/utils/ptr"
)

const (
	// Image of the jobs, in the version that helm-controller's own manifest names (v0.17.9, manifests/deployment.yaml).
	Image = "rancher/klipper-helm:v0.9.10-build20251111"
	// name is what K3s calls this controller; it stands in the objects it manages.
	name = "helm-controller"
	// threads is K3s's own number.
	threads = 5
)

// DefineKinds makes the API server know HelmChart and HelmChartConfig, and waits until it does: a manifest with one must not fail first.
func DefineKinds(ctx context.Context, config *rest.Config) error {
	client, err := apiext.NewForConfig(config)
	if err != nil {
		return err
	}
	kinds, err := crds.List()
	if err != nil {
		return err
	}
	for _, kind := range kinds {
		kind.TypeMeta = metav1.TypeMeta{APIVersion: apiextv1.SchemeGroupVersion.String(), Kind: "CustomResourceDefinition"}
		body, err := json.Marshal(kind)
		if err != nil {
			return err
		}
		options := metav1.PatchOptions{FieldManager: name, Force: ptr.To(true)}
		if _, err := client.ApiextensionsV1().CustomResourceDefinitions().Patch(ctx, kind.Name, types.ApplyPatchType, body, options); err != nil {
			return fmt.Errorf("%s: %w", kind.Name, err)
		}
	}
	for _, kind := range kinds {
		if err := established(ctx, client, kind.Name); err != nil {
			return err
		}
	}
	return nil
}

func established(ctx context.Context, client apiext.Interface, crd string) error {
	for {
		found, err := client.ApiextensionsV1().CustomResourceDefinitions().Get(ctx, crd, metav1.GetOptions{})
		if err != nil {
			return err
		}
		for _, condition := range found.Status.Conditions {
			if condition.Type == apiextv1.Established && condition.Status == apiextv1.ConditionTrue {
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

// Run makes a job for each HelmChart until ctx ends. The jobs may do anything, as K3s's. Without the leader election of the controller's own
// program, as K3s runs it.
func Run(ctx context.Context, config *rest.Config, node, image string) error {
	config = rest.CopyConfig(config)
	config.RateLimiter = ratelimit.None
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	objects, err := apply.NewForConfig(config)
	if err != nil {
		return err
	}
	clients, err := lassoclient.NewSharedClientFactory(config, nil)
	if err != nil {
		return err
	}
	shared := controller.NewSharedControllerFactory(cache.NewSharedCachedFactory(clients, nil), &controller.SharedControllerFactoryOptions{
		DefaultRateLimiter: workqueue.NewTypedItemExponentialFailureRateLimiter[any](5*time.Millisecond, time.Minute),
		DefaultWorkers:     threads,
	})
	options := &generic.FactoryOptions{SharedControllerFactory: shared}
	charts, err := helm.NewFactoryFromConfigWithOptions(config, options)
	if err != nil {
		return err
	}
	jobs, err := batch.NewFactoryFromConfigWithOptions(config, options)
	if err != nil {
		return err
	}
	roles, err := rbac.NewFactoryFromConfigWithOptions(config, options)
	if err != nil {
		return err
	}
	accounts, err := core.NewFactoryFromConfigWithOptions(config, options)
	if err != nil {
		return err
	}
	events := record.NewBroadcaster(record.WithContext(ctx))
	events.StartRecordingToSink(&typedv1.EventSinkImpl{Interface: client.CoreV1().Events("")})
	recorder := events.NewRecorder(schemes.All, corev1.EventSource{Component: name, Host: node})

	chart.DefaultJobImage = image
	ctx = klog.NewContext(ctx, klog.Background().WithName(name))
	chart.Register(ctx, metav1.NamespaceAll, name, "cluster-admin", "6443", objects.WithSetOwnerReference(false, false).WithContext(ctx), recorder,
		jobs.Batch().V1(), accounts.Core().V1(), charts.Helm().V1(), roles.Rbac().V1())
	if err := start.All(ctx, threads, charts, jobs, roles, accounts); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}
