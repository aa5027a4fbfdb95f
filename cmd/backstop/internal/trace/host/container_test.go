package host

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var id = strings.Repeat("0123456789abcdef", 4)

const pod = "1c2d3e4f-0011-2233-4455-66778899aabb"

func TestContainer(t *testing.T) {
	under := strings.ReplaceAll(pod, "-", "_")
	for path, want := range map[string]Container{
		"/":                                     {},
		"/user.slice/":                          {},
		"/docker/" + id:                         {Runtime: "docker", ID: id},
		"/system.slice/docker-" + id + ".scope": {Runtime: "docker", ID: id},
		"/moby/" + id:                           {Runtime: "docker", ID: id},
		"/kubepods/burstable/pod" + pod + "/" + id: {ID: id, Pod: pod},
		"/kubepods/pod" + pod:                      {Pod: pod},
		"/kubepods.slice":                          {},
		"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + under + ".slice/cri-containerd-" + id + ".scope": {Runtime: "containerd", ID: id, Pod: pod},
		"/kubepods.slice/kubepods-pod" + under + ".slice/crio-" + id + ".scope":                                              {Runtime: "cri-o", ID: id, Pod: pod},
		"/kubepods.slice/kubepods-pod" + under + ".slice/crio-conmon-" + id + ".scope":                                       {Pod: pod},
		"/system.slice/containerd.service/kubepods-besteffort-pod" + under + ".slice:cri-containerd:" + id:                   {Runtime: "containerd", ID: id, Pod: pod},
		"/default/" + id: {Runtime: "containerd", ID: id},
		"/k8s.io/" + id:  {Runtime: "containerd", ID: id},
		"/machine.slice/libpod-" + id + ".scope/container":                                           {Runtime: "podman", ID: id},
		"/libpod_parent/libpod-" + id:                                                                {Runtime: "podman", ID: id},
		"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + id + ".scope/container": {Runtime: "podman", ID: id},
		"/user.slice/user-1000.slice/user@1000.service":                                              {},
		"/user.slice/user-1000.slice/user@1000.service/app.slice/shop.service":                       {Runtime: "systemd", Name: "shop.service"},
		"/system.slice/shop.service":                                                                 {Runtime: "systemd", Name: "shop.service"},
		"/system.slice/shop.service/worker":                                                          {Runtime: "systemd", Name: "shop.service"},
		"/docker/" + id + "/docker/" + "f" + id[1:]:                                                  {Runtime: "docker", ID: "f" + id[1:]},
		"/docker/" + id[1:]:                                                                          {},
		"/docker/" + strings.ToUpper(id):                                                             {},
		"::::" + id:                                                                                  {ID: id},
		"-":                                                                                          {},
	} {
		if diff := cmp.Diff(want, containerOf(path)); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
}

func TestCgroupOf(t *testing.T) {
	for text, want := range map[string]string{
		"":                                "/",
		"0::/\n":                          "/",
		"0::/system.slice/shop.service\n": "/system.slice/shop.service",
		"9:name=systemd:/docker/" + id + "\n4:memory:/docker/" + id + "\n0::/system.slice/containerd.service\n": "/docker/" + id,
		"9:name=systemd:/system.slice/a.service\n4:memory:/\n3:cpu,cpuacct:/x\n":                                "/system.slice/a.service",
		"4:cpu,memory:/jobs/7\n0::/\n":     "/jobs/7",
		"4:memory:/a:b\n":                  "/a:b",
		"garbage\n1:2\n:::\n0::../..\n":    "/",
		"4:memory:/../docker/" + id + "\n": "/../docker/" + id,
	} {
		if got := cgroupOf(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestInCgroup(t *testing.T) {
	const text = "9:name=systemd:/\n4:memory:/shops/one\n0::/\n"
	for wanted, want := range map[string]bool{
		"/": true, "/shops": true, "/shops/": true, "/shops/one": true, "/shops/one/x": false, "/shop": false, "/shops/on": false,
	} {
		if got := inCgroup(text, []string{"/none", wanted}); got != want {
			t.Errorf("%s: %v", wanted, got)
		}
	}
}

func FuzzContainer(f *testing.F) {
	f.Add("/kubepods/burstable/pod" + pod + "/" + id)
	f.Add("a-:b:" + id + ".scope/pod.slice")
	f.Fuzz(func(t *testing.T, text string) {
		c := containerOf(cgroupOf("0::" + text + "\n"))
		if c.ID != "" && !isID(c.ID) {
			t.Errorf("%+v", c)
		}
	})
}

func note(order binary.ByteOrder, name string, kind uint32, desc string) []byte {
	pad := func(b []byte) []byte {
		for len(b)%4 != 0 {
			b = append(b, 0)
		}
		return b
	}
	b := make([]byte, 12)
	order.PutUint32(b, uint32(len(name)))
	order.PutUint32(b[4:], uint32(len(desc)))
	order.PutUint32(b[8:], kind)
	return pad(append(pad(append(b, name...)), desc...))
}

func TestGoNote(t *testing.T) {
	order := binary.LittleEndian
	notes := append(note(order, "GNU\x00", 3, "12345"), note(order, "Go\x00\x00", 4, "the/build/id")...)
	if got := goNote(notes, order); got != "the/build/id" {
		t.Errorf("%q", got)
	}
	for n := range len(notes) {
		if got := goNote(notes[:n], order); got != "" {
			t.Errorf("of %d bytes: %q", n, got)
		}
	}
	huge := note(order, "Go\x00\x00", 4, "id")
	order.PutUint32(huge[4:], 1<<32-1)
	order.PutUint32(huge, 1<<32-1)
	if got := goNote(huge, order); got != "" {
		t.Errorf("%q", got)
	}
}
