// SPDX-License-Identifier: Apache-2.0

package servicelb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sirupsen/logrus"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

const (
	fieldManager = "k3s-cloud-controller-manager"
	// retry is how soon a round that failed is tried again.
	retry = time.Second
)

type controller struct {
	client    kubernetes.Interface
	image     string
	informers informers.SharedInformerFactory
}

// Run keeps DaemonSets and addresses as the Services want them until ctx ends.
func Run(ctx context.Context, config *rest.Config, image string) error {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	c := &controller{client: client, image: image, informers: informers.NewSharedInformerFactory(client, 0)}
	changed := make(chan struct{}, 1)
	notify := func() {
		select {
		case changed <- struct{}{}:
		default: // a round is due already
		}
	}
	handler := cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { notify() },
		UpdateFunc: func(any, any) { notify() },
		DeleteFunc: func(any) { notify() },
	}
	watched := c.informers.Core().V1()
	for _, informer := range []cache.SharedIndexInformer{
		watched.Services().Informer(), watched.Pods().Informer(), watched.Nodes().Informer(),
		c.informers.Apps().V1().DaemonSets().Informer(), c.informers.Discovery().V1().EndpointSlices().Informer(),
	} {
		if _, err := informer.AddEventHandler(handler); err != nil {
			return err
		}
	}
	c.informers.Start(ctx.Done())
	c.informers.WaitForCacheSync(ctx.Done())
	c.ensureAccount(ctx)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		}
		if err := c.reconcile(ctx); err != nil && ctx.Err() == nil {
			logrus.Errorf("servicelb: %v", err)
			time.AfterFunc(retry, notify)
		}
	}
}

// RemoveAll deletes what Run made before it was disabled.
func RemoveAll(ctx context.Context, config *rest.Config) error {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	return client.AppsV1().DaemonSets(namespace).DeleteCollection(ctx, meta.DeleteOptions{}, meta.ListOptions{LabelSelector: selectorLabel})
}

// ensureAccount makes the pods' service account; the pods are refused until it is there.
func (c *controller) ensureAccount(ctx context.Context) {
	for ctx.Err() == nil {
		own := &core.ServiceAccount{ObjectMeta: meta.ObjectMeta{Name: account, Namespace: namespace}}
		_, err := c.client.CoreV1().ServiceAccounts(namespace).Create(ctx, own, meta.CreateOptions{FieldManager: fieldManager})
		if err == nil || apierrors.IsAlreadyExists(err) {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// reconcile looks at everything: Services of this type are few.
func (c *controller) reconcile(ctx context.Context) error {
	services, err := c.informers.Core().V1().Services().Lister().List(labels.Everything())
	if err != nil {
		return err
	}
	nodes, err := c.informers.Core().V1().Nodes().Lister().List(labels.Everything())
	if err != nil {
		return err
	}
	labelled := slices.ContainsFunc(nodes, func(node *core.Node) bool { _, is := node.Labels[enableLabel]; return is })
	var failed []error
	wanted := map[string]bool{}
	for _, service := range services {
		if !isOurs(service) {
			continue
		}
		set := daemonSet(service, c.image, labelled)
		wanted[set.Name] = true
		failed = append(failed, c.apply(ctx, set), c.address(ctx, service, nodes))
	}
	return errors.Join(append(failed, c.deleteOthers(ctx, wanted))...)
}

// apply writes a DaemonSet unless it is written as wanted: an apply that changes nothing costs a request and no event.
func (c *controller) apply(ctx context.Context, set *apps.DaemonSet) error {
	patch, err := json.Marshal(set)
	if err != nil {
		return err
	}
	force := true
	_, err = c.client.AppsV1().DaemonSets(namespace).Patch(ctx, set.Name, types.ApplyPatchType, patch, meta.PatchOptions{FieldManager: fieldManager, Force: &force})
	if err != nil {
		return fmt.Errorf("apply DaemonSet %s: %w", set.Name, err)
	}
	return nil
}

// deleteOthers removes DaemonSets of Services that are gone or ask for no load balancer any more.
func (c *controller) deleteOthers(ctx context.Context, wanted map[string]bool) error {
	hasName, err := labels.Parse(nameLabel)
	if err != nil {
		return err
	}
	sets, err := c.informers.Apps().V1().DaemonSets().Lister().DaemonSets(namespace).List(hasName)
	if err != nil {
		return err
	}
	var failed []error
	for _, set := range sets {
		if wanted[set.Name] || set.DeletionTimestamp != nil {
			continue
		}
		if err := c.client.AppsV1().DaemonSets(namespace).Delete(ctx, set.Name, meta.DeleteOptions{}); !apierrors.IsNotFound(err) {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// address writes a Service's addresses into its status.
func (c *controller) address(ctx context.Context, service *core.Service, nodes []*core.Node) error {
	mine := labels.SelectorFromSet(labels.Set{nameLabel: service.Name, namespaceLabel: service.Namespace})
	pods, err := c.informers.Core().V1().Pods().Lister().Pods(namespace).List(mine)
	if err != nil {
		return err
	}
	serving := map[string]bool{}
	if isLocal(service) {
		if serving, err = c.servingNodes(service); err != nil {
			return err
		}
	}
	ready := func(node string) bool {
		return (!isLocal(service) || serving[node]) && slices.ContainsFunc(pods, func(pod *core.Pod) bool { return pod.Spec.NodeName == node && isReady(pod) })
	}
	var ingress []core.LoadBalancerIngress
	for _, ip := range addresses(service, nodes, ready) {
		ingress = append(ingress, core.LoadBalancerIngress{IP: ip, IPMode: modeOf(service, ip)})
	}
	if slices.Equal(ips(ingress), ips(service.Status.LoadBalancer.Ingress)) {
		return nil
	}
	updated := service.DeepCopy()
	updated.Status.LoadBalancer.Ingress = ingress
	_, err = c.client.CoreV1().Services(service.Namespace).UpdateStatus(ctx, updated, meta.UpdateOptions{FieldManager: fieldManager})
	if err != nil {
		return fmt.Errorf("write the addresses of Service %s/%s: %w", service.Namespace, service.Name, err)
	}
	return nil
}

// modeOf keeps the mode of an address that is there; the API server fills in the default for a new one.
func modeOf(service *core.Service, ip string) *core.LoadBalancerIPMode {
	for _, known := range service.Status.LoadBalancer.Ingress {
		if known.IP == ip {
			return known.IPMode
		}
	}
	return nil
}

// servingNodes are those on which a ready pod of the Service runs.
func (c *controller) servingNodes(service *core.Service) (map[string]bool, error) {
	selector := labels.SelectorFromSet(labels.Set{"kubernetes.io/service-name": service.Name})
	endpoints, err := c.informers.Discovery().V1().EndpointSlices().Lister().EndpointSlices(service.Namespace).List(selector)
	if err != nil {
		return nil, err
	}
	nodes := map[string]bool{}
	for _, slice := range endpoints {
		for _, endpoint := range slice.Endpoints {
			if endpoint.NodeName != nil && endpoint.Conditions.Ready != nil && *endpoint.Conditions.Ready {
				nodes[*endpoint.NodeName] = true
			}
		}
	}
	return nodes, nil
}

func isReady(pod *core.Pod) bool {
	return pod.Status.PodIP != "" && slices.ContainsFunc(pod.Status.Conditions, func(condition core.PodCondition) bool {
		return condition.Type == core.PodReady && condition.Status == core.ConditionTrue
	})
}

func ips(ingress []core.LoadBalancerIngress) []string {
	var list []string
	for _, one := range ingress {
		list = append(list, one.IP)
	}
	return list
}
