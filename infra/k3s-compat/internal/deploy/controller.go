// SPDX-License-Identifier: Apache-2.0

package deploy

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/sirupsen/logrus"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
)

const (
	fieldManager = "deploy@k3s"
	// look is how often the folder is looked at (K3s: 15 s; a test should not wait that long for a changed file).
	look = time.Second
	// retry is how soon a manifest that failed is tried again; each failure doubles it up to K3s's 15 s.
	retry, maxRetry = time.Second, 15 * time.Second
)

// Controller applies the manifests of a folder.
type Controller struct {
	dir, recordFile string
	disabled        []string
	client          dynamic.Interface
	mapper          *restmapper.DeferredDiscoveryRESTMapper
	record          record
	states          map[string]*state
}

// state is how far a manifest is.
type state struct {
	applied file // as it was when it was applied
	tried   file // as it was when it failed
	next    time.Time
	wait    time.Duration
}

// New makes a controller for dir. disabled manifests are deleted, objects and file, as K3s does with --disable.
func New(config *rest.Config, dir, recordFile string, disabled []string) (*Controller, error) {
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	discoverer, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, err
	}
	known, err := readRecord(recordFile)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", recordFile, err)
	}
	return &Controller{
		dir: dir, recordFile: recordFile, disabled: disabled, client: client,
		mapper: restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(discoverer)),
		record: known, states: map[string]*state{},
	}, nil
}

// Run applies what changes until ctx ends. Every manifest is applied once at the start, changed or not.
func (c *Controller) Run(ctx context.Context) {
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	for {
		files, err := scan(c.dir, c.disabled)
		if err != nil {
			logrus.Errorf("Failed to list manifests: %v", err)
		}
		for _, f := range files {
			c.visit(ctx, f, time.Now())
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (c *Controller) visit(ctx context.Context, f file, now time.Time) {
	s := c.states[f.path]
	if s == nil {
		s = &state{}
		c.states[f.path] = s
	}
	if s.applied == f || (s.tried == f && now.Before(s.next)) {
		return
	}
	var err error
	if f.disabled {
		err = c.remove(ctx, f.path)
	} else {
		err = c.apply(ctx, f.path)
	}
	if err == nil {
		*s = state{applied: f}
		logrus.Infof("Applied manifest at %q", f.path)
		return
	}
	if s.tried != f || s.wait == 0 {
		s.wait = retry
	} else {
		s.wait = min(2*s.wait, maxRetry)
	}
	s.tried, s.next = f, now.Add(s.wait)
	logrus.Errorf("Failed to process %s: %v", f.path, err)
}

// apply brings all objects of a manifest into the cluster, as far as that is possible, then deletes what left the file.
func (c *Controller) apply(ctx context.Context, path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	wanted, err := objects(content)
	if err != nil {
		return err
	}
	var refs []ref
	var failed []error
	for _, object := range wanted {
		applied, err := c.applyObject(ctx, object)
		if err != nil {
			failed = append(failed, fmt.Errorf("%s %s/%s: %w", object.GetKind(), object.GetNamespace(), object.GetName(), err))
			continue
		}
		refs = append(refs, applied)
	}
	gone := missing(c.record[path], refs)
	if len(failed) > 0 {
		c.record[path] = append(refs, gone...) // nothing is deleted because it could not be applied
		return errors.Join(append(failed, c.record.write(c.recordFile))...)
	}
	for _, r := range gone {
		failed = append(failed, c.delete(ctx, r))
	}
	c.record[path] = refs
	return errors.Join(append(failed, c.record.write(c.recordFile))...)
}

// remove deletes the objects of a disabled manifest and then the file.
func (c *Controller) remove(ctx context.Context, path string) error {
	for _, r := range slices.Backward(c.record[path]) {
		if err := c.delete(ctx, r); err != nil {
			return err
		}
	}
	delete(c.record, path)
	return errors.Join(c.record.write(c.recordFile), os.Remove(path))
}

func (c *Controller) applyObject(ctx context.Context, object *unstructured.Unstructured) (ref, error) {
	client, namespaced, err := c.resource(object.GroupVersionKind())
	if err != nil {
		return ref{}, err
	}
	if namespaced && object.GetNamespace() == "" {
		object.SetNamespace(metav1.NamespaceDefault)
	} else if !namespaced {
		object.SetNamespace("")
	}
	_, err = on(client, object.GetNamespace()).Apply(ctx, object.GetName(), object, metav1.ApplyOptions{FieldManager: fieldManager, Force: true})
	return ref{object.GetAPIVersion(), object.GetKind(), object.GetNamespace(), object.GetName()}, err
}

func (c *Controller) delete(ctx context.Context, r ref) error {
	client, _, err := c.resource(schema.FromAPIVersionAndKind(r.APIVersion, r.Kind))
	if meta.IsNoMatchError(err) {
		return nil // its kind is gone, and with it the object
	} else if err != nil {
		return err
	}
	background := metav1.DeletePropagationBackground
	err = on(client, r.Namespace).Delete(ctx, r.Name, metav1.DeleteOptions{PropagationPolicy: &background})
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

func on(client dynamic.NamespaceableResourceInterface, namespace string) dynamic.ResourceInterface {
	if namespace == "" {
		return client
	}
	return client.Namespace(namespace)
}

// resource finds the API for a kind; one that was not known is asked for anew, because a CustomResourceDefinition may
// just have been applied.
func (c *Controller) resource(kind schema.GroupVersionKind) (dynamic.NamespaceableResourceInterface, bool, error) {
	mapping, err := c.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if meta.IsNoMatchError(err) {
		c.mapper.Reset()
		mapping, err = c.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	}
	if err != nil {
		return nil, false, err
	}
	return c.client.Resource(mapping.Resource), mapping.Scope.Name() == meta.RESTScopeNameNamespace, nil
}
