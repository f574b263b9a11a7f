// SPDX-License-Identifier: Apache-2.0

package servicelb

import (
	"slices"
	"strings"
	"testing"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func service() *core.Service {
	return &core.Service{
		ObjectMeta: meta.ObjectMeta{Name: "web", Namespace: "shop", UID: "12345678-90ab"},
		Spec: core.ServiceSpec{
			Type: core.ServiceTypeLoadBalancer, ClusterIPs: []string{"10.43.0.7"}, IPFamilies: []core.IPFamily{core.IPv4Protocol},
			Ports: []core.ServicePort{{Port: 80, NodePort: 30080, Protocol: core.ProtocolTCP}},
		},
	}
}

func env(container core.Container) map[string]string {
	values := map[string]string{}
	for _, one := range container.Env {
		values[one.Name] = one.Value
		if one.ValueFrom != nil {
			values[one.Name] = one.ValueFrom.FieldRef.FieldPath
		}
	}
	return values
}

func TestDaemonSetHoldsThePortAndPassesItOn(t *testing.T) {
	set := daemonSet(service(), "image", false)
	if set.Name != "svclb-web-12345678" {
		t.Error(set.Name)
	}
	pod := set.Spec.Template.Spec
	if port := pod.Containers[0].Ports[0]; port.HostPort != 80 || port.Name != "lb-tcp-80" {
		t.Errorf("%+v", port)
	}
	if got := env(pod.Containers[0]); got["DEST_IPS"] != "10.43.0.7" || got["DEST_PORT"] != "80" || got["SRC_RANGES"] != "0.0.0.0/0" {
		t.Error(got)
	}
	if pod.NodeSelector != nil {
		t.Error(pod.NodeSelector)
	}
}

func TestDaemonSetWithLocalTrafficRangesAndLabelledNodes(t *testing.T) {
	s := service()
	s.Spec.ExternalTrafficPolicy = core.ServiceExternalTrafficPolicyLocal
	s.Spec.LoadBalancerSourceRanges = []string{"10.0.0.0/8", "192.0.2.0/24"}
	s.Labels = map[string]string{poolLabel: "front"}
	pod := daemonSet(s, "image", true).Spec.Template.Spec
	if got := env(pod.Containers[0]); got["DEST_IPS"] != "status.hostIPs" || got["DEST_PORT"] != "30080" || got["SRC_RANGES"] != "10.0.0.0/8,192.0.2.0/24" {
		t.Error(got)
	}
	if pod.NodeSelector[enableLabel] != "true" || pod.NodeSelector[poolLabel] != "front" {
		t.Error(pod.NodeSelector)
	}
}

func TestLongNamesAreCutAndEndInNoHyphen(t *testing.T) {
	s := service()
	s.Name = strings.Repeat("a", 47) + "-" + strings.Repeat("b", 15)
	if got := nameOf(s); got != "svclb-"+strings.Repeat("a", 47)+"-12345678" {
		t.Error(got)
	}
}

func TestAServiceWithAClassIsAnotherLoadBalancers(t *testing.T) {
	class := "example.com/other"
	other := service()
	other.Spec.LoadBalancerClass = &class
	plain := service()
	plain.Spec.Type = core.ServiceTypeClusterIP
	if !isOurs(service()) || isOurs(other) || isOurs(plain) {
		t.Error("wrong ones are taken")
	}
}

func TestAddressesAreThoseOfReadyNodesExternalBeforeInternal(t *testing.T) {
	node := func(name string, list ...core.NodeAddress) *core.Node {
		return &core.Node{ObjectMeta: meta.ObjectMeta{Name: name}, Status: core.NodeStatus{Addresses: list}}
	}
	internal := func(ip string) core.NodeAddress { return core.NodeAddress{Type: core.NodeInternalIP, Address: ip} }
	nodes := []*core.Node{
		node("b", internal("10.0.0.2"), internal("fd00::2")), node("a", internal("10.0.0.1")), node("c", internal("10.0.0.3")),
	}
	ready := func(name string) bool { return name != "c" }
	if got := addresses(service(), nodes, ready); !slices.Equal(got, []string{"10.0.0.1", "10.0.0.2"}) {
		t.Error(got)
	}
	nodes = append(nodes, node("d", core.NodeAddress{Type: core.NodeExternalIP, Address: "192.0.2.4"}))
	if got := addresses(service(), nodes, ready); !slices.Equal(got, []string{"192.0.2.4"}) {
		t.Error(got)
	}
}
