module airgap.dev/readiness/images/update-check

go 1.26
