// SPDX-License-Identifier: Apache-2.0

// Package pki makes the certificates of a node. Authorities and the service account key are kept over restarts; leaf
// certificates are made anew at each start (they cost under a millisecond each with P-256, and so follow a changed address).
package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

const (
	authorityLife = 10 * 365 * 24 * time.Hour // as K3s: ten years
	leafLife      = 365 * 24 * time.Hour      // as K3s: one year
	// Certificates start an hour early: a node whose clock is set back a little must not refuse its own.
	backdate = time.Hour
)

// Authority is a certificate authority with its key.
type Authority struct {
	cert *x509.Certificate
	pem  []byte
	key  *ecdsa.PrivateKey
}

// Leaf says what a certificate is for.
type Leaf struct {
	CommonName   string
	Organization []string
	DNSNames     []string
	IPs          []net.IP
	Server       bool // a serving certificate, else a client's
}

// PEM is the authority's certificate.
func (a *Authority) PEM() []byte { return a.pem }

// LoadOrCreateAuthority reads certFile and keyFile, or makes both when they are missing.
func LoadOrCreateAuthority(certFile, keyFile, commonName string) (*Authority, error) {
	certPEM, err := os.ReadFile(certFile)
	if errors.Is(err, fs.ErrNotExist) {
		return createAuthority(certFile, keyFile, commonName)
	} else if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(certPEM)
	if block == nil {
		return nil, fmt.Errorf("%s holds no PEM block", certFile)
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("parse %s: %w", certFile, err)
	}
	key, err := LoadOrCreateKey(keyFile)
	if err != nil {
		return nil, err
	}
	if !key.PublicKey.Equal(cert.PublicKey) {
		return nil, fmt.Errorf("the key in %s does not belong to the certificate in %s", keyFile, certFile)
	}
	return &Authority{cert: cert, pem: certPEM, key: key}, nil
}

func createAuthority(certFile, keyFile, commonName string) (*Authority, error) {
	key, err := LoadOrCreateKey(keyFile)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: commonName},
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment | x509.KeyUsageCertSign,
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	der, err := sign(template, template, key, &key.PublicKey, authorityLife)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	certPEM := encode("CERTIFICATE", der)
	return &Authority{cert: cert, pem: certPEM, key: key}, write(certFile, certPEM, 0o644)
}

// Issue makes a key and a certificate for leaf and writes both. The certificate file carries the authority's too, as K3s's does.
func (a *Authority) Issue(certFile, keyFile string, leaf Leaf) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	usage := x509.ExtKeyUsageClientAuth
	if leaf.Server {
		usage = x509.ExtKeyUsageServerAuth
	}
	template := &x509.Certificate{
		Subject:     pkix.Name{CommonName: leaf.CommonName, Organization: leaf.Organization},
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
		ExtKeyUsage: []x509.ExtKeyUsage{usage},
		DNSNames:    leaf.DNSNames,
		IPAddresses: leaf.IPs,
	}
	der, err := sign(template, a.cert, a.key, &key.PublicKey, leafLife)
	if err != nil {
		return fmt.Errorf("sign %s: %w", certFile, err)
	}
	keyPEM, err := encodeKey(key)
	if err != nil {
		return err
	}
	return errors.Join(
		write(keyFile, keyPEM, 0o600),
		write(certFile, append(encode("CERTIFICATE", der), a.pem...), 0o644),
	)
}

// LoadOrCreateKey reads a P-256 key, or makes it when the file is missing.
func LoadOrCreateKey(file string) (*ecdsa.PrivateKey, error) {
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, err
		}
		keyPEM, err := encodeKey(key)
		if err != nil {
			return nil, err
		}
		return key, write(file, keyPEM, 0o600)
	} else if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, fmt.Errorf("%s holds no PEM block", file)
	}
	key, err := x509.ParseECPrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("parse %s: %w", file, err)
	}
	return key, nil
}

func sign(template, parent *x509.Certificate, signer *ecdsa.PrivateKey, public *ecdsa.PublicKey, life time.Duration) ([]byte, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	now := time.Now()
	template.SerialNumber = serial
	template.NotBefore = now.Add(-backdate)
	template.NotAfter = now.Add(life)
	return x509.CreateCertificate(rand.Reader, template, parent, public, signer)
}

func encode(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func encodeKey(key *ecdsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, err
	}
	return encode("EC PRIVATE KEY", der), nil
}

func write(file string, data []byte, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	return os.WriteFile(file, data, mode)
}
