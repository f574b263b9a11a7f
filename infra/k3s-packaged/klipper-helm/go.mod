module airgap.dev/k3s-packaged/klipper-helm

go 1.26
