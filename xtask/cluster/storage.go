package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

// provisionerName is what a StorageClass calls this by.
const provisionerName = "mindroom.chat/folders"

// folders makes a folder of the node for each claim, and removes it with its volume.
type folders struct {
	path string
}

// Provision answers a local volume, so that the kubelet gives it to the pod's group.
func (f folders) Provision(_ context.Context, options controller.ProvisionOptions) (*v1.PersistentVolume, controller.ProvisioningState, error) {
	folder := filepath.Join(f.path, options.PVName)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, controller.ProvisioningNoChange, err
	}
	claim := options.PVC.Spec
	node := v1.NodeSelectorRequirement{
		Key:      v1.LabelHostname,
		Operator: v1.NodeSelectorOpIn,
		Values:   []string{options.SelectedNodeName},
	}
	volume := &v1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: options.PVName},
		Spec: v1.PersistentVolumeSpec{
			PersistentVolumeReclaimPolicy: *options.StorageClass.ReclaimPolicy,
			AccessModes:                   claim.AccessModes,
			Capacity:                      v1.ResourceList{v1.ResourceStorage: claim.Resources.Requests[v1.ResourceStorage]},
			PersistentVolumeSource:        v1.PersistentVolumeSource{Local: &v1.LocalVolumeSource{Path: folder}},
			NodeAffinity: &v1.VolumeNodeAffinity{Required: &v1.NodeSelector{
				NodeSelectorTerms: []v1.NodeSelectorTerm{{MatchExpressions: []v1.NodeSelectorRequirement{node}}},
			}},
		},
	}
	return volume, controller.ProvisioningFinished, nil
}

// Delete removes what a claim held.
func (f folders) Delete(_ context.Context, volume *v1.PersistentVolume) error {
	return os.RemoveAll(filepath.Join(f.path, volume.Name))
}

// storage serves claims of the storage class until it is told to end.
func storage() {
	kubeconfig := flag.String("kubeconfig", "", "who asks for volumes")
	path := flag.String("path", "", "the folder that holds them")
	flag.Parse()
	if err := serveClaims(*kubeconfig, *path); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serveClaims(kubeconfig, path string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return fmt.Errorf("read %s: %w", kubeconfig, err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	ctx := genericapiserver.SetupSignalContext()
	if err := offer(ctx, client); err != nil {
		return fmt.Errorf("make the storage class: %w", err)
	}
	fmt.Println("Serving claims of volumes")
	// one of it runs, so nobody is to be asked who leads
	provisioner := controller.NewProvisionController(
		ctx, client, provisionerName, folders{path}, controller.LeaderElection(false),
	)
	provisioner.Run(ctx)
	return nil
}

// offer makes the cluster's default storage class.
func offer(ctx context.Context, client kubernetes.Interface) error {
	onceUsed := storagev1.VolumeBindingWaitForFirstConsumer
	class := &storagev1.StorageClass{
		ObjectMeta: metav1.ObjectMeta{
			Name:        "folders",
			Annotations: map[string]string{"storageclass.kubernetes.io/is-default-class": "true"},
		},
		Provisioner:       provisionerName,
		VolumeBindingMode: &onceUsed,
	}
	_, err := client.StorageV1().StorageClasses().Create(ctx, class, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}
