// SPDX-License-Identifier: Apache-2.0

// Package servicelb gives Services of type LoadBalancer the addresses of nodes, as K3s's ServiceLB does: a DaemonSet for each
// Service, whose pods hold the Service's ports on their node and pass what comes on to it.
package servicelb

import (
	"fmt"
	"strconv"
	"strings"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	// Image is the program of the pods: iptables and a script that sets rules by the variables below.
	Image = "rancher/klipper-lb:v0.4.13"

	namespace         = meta.NamespaceSystem
	account           = "svclb"
	nameLabel         = "svccontroller.k3s.cattle.io/svcname"
	namespaceLabel    = "svccontroller.k3s.cattle.io/svcnamespace"
	enableLabel       = "svccontroller.k3s.cattle.io/enablelb"
	poolLabel         = "svccontroller.k3s.cattle.io/lbpool"
	selectorLabel     = "svccontroller.k3s.cattle.io/nodeselector"
	priorityKey       = "svccontroller.k3s.cattle.io/priorityclassname"
	defaultPriority   = "system-node-critical"
	anywhere4         = "0.0.0.0/0"
	anywhere6         = "::/0"
	longestName       = 48 // of the Service in the DaemonSet's name, which is also a label
	sourceRangesAnnot = core.AnnotationLoadBalancerSourceRangesKey
)

// isOurs says whether a Service is for this load balancer: K3s's takes none that asks for a class.
func isOurs(service *core.Service) bool {
	return service.Spec.Type == core.ServiceTypeLoadBalancer && service.Spec.LoadBalancerClass == nil && service.DeletionTimestamp == nil
}

// nameOf is the name of a Service's DaemonSet.
func nameOf(service *core.Service) string {
	name := service.Name
	if len(name) > longestName {
		name = strings.TrimRight(name[:longestName], "-")
	}
	return fmt.Sprintf("svclb-%s-%.8s", name, service.UID)
}

// daemonSet is what must run for a Service. labelled: some node says by enableLabel whether it takes part, so that only those
// that say yes do.
func daemonSet(service *core.Service, image string, labelled bool) *apps.DaemonSet {
	name := nameOf(service)
	labels := map[string]string{nameLabel: service.Name, namespaceLabel: service.Namespace}
	podLabels := map[string]string{"app": name, nameLabel: service.Name, namespaceLabel: service.Namespace}
	priority := defaultPriority
	if own, ok := service.Annotations[priorityKey]; ok {
		priority = own
	}
	no := false
	spec := core.PodSpec{
		PriorityClassName:            priority,
		ServiceAccountName:           account,
		AutomountServiceAccountToken: &no,
		SecurityContext:              &core.PodSecurityContext{Sysctls: sysctls(service)},
		Tolerations: []core.Toleration{
			{Key: "node-role.kubernetes.io/master", Operator: core.TolerationOpExists, Effect: core.TaintEffectNoSchedule},
			{Key: "node-role.kubernetes.io/control-plane", Operator: core.TolerationOpExists, Effect: core.TaintEffectNoSchedule},
			{Key: "CriticalAddonsOnly", Operator: core.TolerationOpExists},
		},
	}
	for _, port := range service.Spec.Ports {
		spec.Containers = append(spec.Containers, container(service, port, image))
	}
	labels[selectorLabel] = strconv.FormatBool(labelled)
	if labelled {
		spec.NodeSelector = map[string]string{enableLabel: "true"}
		if pool := service.Labels[poolLabel]; pool != "" {
			spec.NodeSelector[poolLabel] = pool
		}
	}
	return &apps.DaemonSet{
		TypeMeta:   meta.TypeMeta{APIVersion: "apps/v1", Kind: "DaemonSet"},
		ObjectMeta: meta.ObjectMeta{Name: name, Namespace: namespace, Labels: labels},
		Spec: apps.DaemonSetSpec{
			Selector: &meta.LabelSelector{MatchLabels: map[string]string{"app": name}},
			Template: core.PodTemplateSpec{ObjectMeta: meta.ObjectMeta{Labels: podLabels}, Spec: spec},
		},
	}
}

// container passes one port on: to the Service's address, or with externalTrafficPolicy Local to its node port on this node.
func container(service *core.Service, port core.ServicePort, image string) core.Container {
	name := fmt.Sprintf("lb-%s-%d", strings.ToLower(string(port.Protocol)), port.Port)
	env := []core.EnvVar{
		{Name: "SRC_PORT", Value: strconv.Itoa(int(port.Port))},
		{Name: "SRC_RANGES", Value: sourceRanges(service)},
		{Name: "DEST_PROTO", Value: string(port.Protocol)},
	}
	if isLocal(service) {
		hostIPs := &core.EnvVarSource{FieldRef: &core.ObjectFieldSelector{FieldPath: "status.hostIPs"}}
		env = append(env, core.EnvVar{Name: "DEST_PORT", Value: strconv.Itoa(int(port.NodePort))}, core.EnvVar{Name: "DEST_IPS", ValueFrom: hostIPs})
	} else {
		env = append(env, core.EnvVar{Name: "DEST_PORT", Value: strconv.Itoa(int(port.Port))},
			core.EnvVar{Name: "DEST_IPS", Value: strings.Join(service.Spec.ClusterIPs, ",")})
	}
	return core.Container{
		Name: name, Image: image, ImagePullPolicy: core.PullIfNotPresent, Env: env,
		Ports:           []core.ContainerPort{{Name: name, ContainerPort: port.Port, HostPort: port.Port, Protocol: port.Protocol}},
		SecurityContext: &core.SecurityContext{Capabilities: &core.Capabilities{Add: []core.Capability{"NET_ADMIN"}}},
	}
}

func isLocal(service *core.Service) bool {
	return service.Spec.ExternalTrafficPolicy == core.ServiceExternalTrafficPolicyLocal
}

func sysctls(service *core.Service) []core.Sysctl {
	var list []core.Sysctl
	for _, family := range service.Spec.IPFamilies {
		if family == core.IPv6Protocol {
			list = append(list, core.Sysctl{Name: "net.ipv6.conf.all.forwarding", Value: "1"})
		} else {
			list = append(list, core.Sysctl{Name: "net.ipv4.ip_forward", Value: "1"})
		}
	}
	return list
}

// sourceRanges are who may come, separated by commas: everybody unless the Service says else.
func sourceRanges(service *core.Service) string {
	if len(service.Spec.LoadBalancerSourceRanges) > 0 {
		return strings.Join(service.Spec.LoadBalancerSourceRanges, ",")
	}
	if given := strings.TrimSpace(service.Annotations[sourceRangesAnnot]); given != "" {
		return given
	}
	for _, family := range service.Spec.IPFamilies {
		if family == core.IPv6Protocol {
			return anywhere4 + "," + anywhere6
		}
	}
	return anywhere4
}
