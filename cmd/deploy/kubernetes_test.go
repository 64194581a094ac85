package deploy_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/template"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"github.com/imagika/imagika/cmd/deploy/deploytest"
	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/queue"
)

var update = flag.Bool("update", false, "write the files that are made from others")

// pool is what tells the manifests of one pool from those of another.
type pool struct {
	Pool                    string
	Slots, Memory, GoMemory int
	CPU                     string
	Min, Max, Fallback      int
}

// pools are those of the product, with what a process of each needs and how many there may be.
func pools(t *testing.T) (all []pool) {
	t.Helper()
	bounds, err := queue.ParseBounds(settings(t)["imagika"]["IMAGIKA_SCALE"])
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range queue.Pools(0, false) {
		b := bounds[p.Name]
		v := pool{p.Name, p.Concurrency, 512, 400, "100m", b.Min, b.Max, min(b.Max, 2*b.Min)}
		if p.Name == queue.PoolGenerate || p.Name == queue.PoolDeliver {
			v.Memory, v.GoMemory, v.CPU = 1024, 850, "250m"
		}
		all = append(all, v)
	}
	return all
}

// TestMadeManifests holds the manifests of pools, and the rules, against what they are made from.
func TestMadeManifests(t *testing.T) {
	t.Parallel()
	for _, p := range pools(t) {
		made(t, "base/worker-"+p.Pool+".yaml", render(t, "worker.yaml.tmpl", p))
		made(t, "components/autoscale/worker-"+p.Pool+".yaml", render(t, "scaledobject.yaml.tmpl", p))
	}
	rules, err := os.ReadFile(filepath.Join(deploytest.Root(t), "cmd", "internal", "ops", "prometheus", "rules.yml"))
	if err != nil {
		t.Fatal(err)
	}
	made(t, "components/monitoring/rules.yaml", ruleManifest(string(rules)))
}

func render(t *testing.T, name string, data any) string {
	t.Helper()
	text, err := template.ParseFiles(filepath.Join("kubernetes", name))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := text.Execute(&b, data); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// ruleManifest wraps the rules that Prometheus reads as a file.
func ruleManifest(rules string) string {
	var b strings.Builder
	b.WriteString(`# Made from cmd/internal/ops/prometheus/rules.yml; after a change there: go test ./cmd/deploy -update
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: imagika
  labels: {app.kubernetes.io/name: imagika}
spec:
`)
	for line := range strings.Lines(rules) {
		if strings.TrimSpace(line) != "" {
			line = "  " + line
		}
		b.WriteString(line)
	}
	return b.String()
}

func made(t *testing.T, name, want string) {
	t.Helper()
	name = filepath.Join("kubernetes", name)
	if *update {
		if err := os.WriteFile(name, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(name); err != nil || string(got) != want {
		t.Errorf("%s is not what it is made from: go test ./cmd/deploy -update (%v)", name, err)
	}
}

// What Kubernetes does not know by itself, as far as we use it.
type (
	object struct {
		APIVersion string   `json:"apiVersion"`
		Kind       string   `json:"kind"`
		Metadata   metadata `json:"metadata"`
	}
	metadata struct {
		Name      string            `json:"name"`
		Namespace string            `json:"namespace"`
		Labels    map[string]string `json:"labels"`
	}
	kustomization struct {
		APIVersion string   `json:"apiVersion"`
		Kind       string   `json:"kind"`
		Namespace  string   `json:"namespace"`
		Resources  []string `json:"resources"`
		Components []string `json:"components"`
		Images     []struct {
			Name    string `json:"name"`
			NewName string `json:"newName"`
			NewTag  string `json:"newTag"`
		} `json:"images"`
		Patches []struct {
			Path string `json:"path"`
		} `json:"patches"`
	}
	scaledObject struct {
		object
		Spec struct {
			ScaleTargetRef struct {
				Name string `json:"name"`
			} `json:"scaleTargetRef"`
			MinReplicaCount int `json:"minReplicaCount"`
			MaxReplicaCount int `json:"maxReplicaCount"`
			PollingInterval int `json:"pollingInterval"`
			CooldownPeriod  int `json:"cooldownPeriod"`
			Fallback        struct {
				FailureThreshold int `json:"failureThreshold"`
				Replicas         int `json:"replicas"`
			} `json:"fallback"`
			Advanced struct {
				HorizontalPodAutoscalerConfig struct {
					Behavior struct {
						ScaleUp   scalingRules `json:"scaleUp"`
						ScaleDown scalingRules `json:"scaleDown"`
					} `json:"behavior"`
				} `json:"horizontalPodAutoscalerConfig"`
			} `json:"advanced"`
			Triggers []struct {
				Type       string            `json:"type"`
				MetricType string            `json:"metricType"`
				Metadata   map[string]string `json:"metadata"`
			} `json:"triggers"`
		} `json:"spec"`
	}
	scalingRules struct {
		StabilizationWindowSeconds int `json:"stabilizationWindowSeconds"`
		Policies                   []struct {
			Type          string `json:"type"`
			Value         int    `json:"value"`
			PeriodSeconds int    `json:"periodSeconds"`
		} `json:"policies"`
	}
	podMonitor struct {
		object
		Spec struct {
			Selector struct {
				MatchLabels map[string]string `json:"matchLabels"`
			} `json:"selector"`
			PodMetricsEndpoints []struct {
				Port        string `json:"port"`
				Path        string `json:"path"`
				Interval    string `json:"interval"`
				Relabelings []struct {
					Action       string   `json:"action"`
					SourceLabels []string `json:"sourceLabels"`
					TargetLabel  string   `json:"targetLabel"`
					Replacement  string   `json:"replacement"`
				} `json:"relabelings"`
			} `json:"podMetricsEndpoints"`
		} `json:"spec"`
	}
	prometheusRule struct {
		object
		Spec struct {
			Groups []struct {
				Name     string `json:"name"`
				Interval string `json:"interval"`
				Rules    []struct {
					Record      string            `json:"record"`
					Alert       string            `json:"alert"`
					Expr        string            `json:"expr"`
					For         string            `json:"for"`
					KeepFiring  string            `json:"keep_firing_for"`
					Labels      map[string]string `json:"labels"`
					Annotations map[string]string `json:"annotations"`
				} `json:"rules"`
			} `json:"groups"`
		} `json:"spec"`
	}
)

// newObject is an empty value of each kind there may be.
func newObject(kind string) any {
	switch kind {
	case "Deployment":
		return new(appsv1.Deployment)
	case "Job":
		return new(batchv1.Job)
	case "ConfigMap":
		return new(corev1.ConfigMap)
	case "Namespace":
		return new(corev1.Namespace)
	case "Service":
		return new(corev1.Service)
	case "NetworkPolicy":
		return new(networkingv1.NetworkPolicy)
	case "PodDisruptionBudget":
		return new(policyv1.PodDisruptionBudget)
	case "ScaledObject":
		return new(scaledObject)
	case "PodMonitor":
		return new(podMonitor)
	case "PrometheusRule":
		return new(prometheusRule)
	case "Kustomization", "Component":
		return new(kustomization)
	}
	return nil
}

// decode reads the objects of a file.
func decode(text []byte) (all []any, err error) {
	for doc := range strings.SplitSeq(string(text), "\n---\n") {
		var head object
		if err := yaml.Unmarshal([]byte(doc), &head); err != nil {
			return nil, err
		}
		o := newObject(head.Kind)
		if o == nil {
			return nil, fmt.Errorf("unknown kind %q", head.Kind)
		}
		text, err := yaml.YAMLToJSONStrict([]byte(doc))
		if err != nil {
			return nil, err
		}
		// As the cluster reads it: case matters, and what no field takes is an error.
		unknown, err := json.UnmarshalStrict(text, o)
		if err := errors.Join(append(unknown, err)...); err != nil {
			return nil, err
		}
		all = append(all, o)
	}
	return all, nil
}

// manifests decodes every file, by its path.
func manifests(t *testing.T) map[string][]any {
	t.Helper()
	all := map[string][]any{}
	err := filepath.WalkDir("kubernetes", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(name) != ".yaml" {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		all[filepath.ToSlash(strings.TrimPrefix(name, "kubernetes/"))], err = decode(text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// of lists the objects of one kind under a folder.
func of[T any](all map[string][]any, under string) (list []*T) {
	for _, name := range slices.Sorted(maps.Keys(all)) {
		for _, o := range all[name] {
			if v, ok := o.(*T); ok && strings.HasPrefix(name, under) {
				list = append(list, v)
			}
		}
	}
	return list
}

// settings are the settings of the base, by ConfigMap.
func settings(t *testing.T) map[string]map[string]string {
	t.Helper()
	text, err := os.ReadFile("kubernetes/base/settings.yaml")
	if err != nil {
		t.Fatal(err)
	}
	objects, err := decode(text)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]map[string]string{}
	for _, o := range objects {
		c := o.(*corev1.ConfigMap)
		all[c.Name] = c.Data
	}
	return all
}

// TestKustomizations: each lists all that lies beside it, and nothing that does not.
func TestKustomizations(t *testing.T) {
	t.Parallel()
	all := manifests(t)
	for name, objects := range all {
		if filepath.Base(name) != "kustomization.yaml" {
			continue
		}
		k, dir := objects[0].(*kustomization), filepath.Dir(name)
		listed := slices.Concat(k.Resources, k.Components)
		for _, p := range k.Patches {
			listed = append(listed, p.Path)
		}
		for _, path := range listed {
			if _, err := os.Stat(filepath.Join("kubernetes", dir, path)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		for other := range all {
			if base := filepath.Base(other); filepath.Dir(other) == dir && base != "kustomization.yaml" && !slices.Contains(listed, base) {
				t.Errorf("%s does not list %s", name, base)
			}
		}
	}
}

// TestPods: each is as closed as it can be, says how it is, and waits at its end longer than the longest call.
func TestPods(t *testing.T) {
	t.Parallel()
	all := manifests(t)
	deployments := of[appsv1.Deployment](all, "base")
	if len(deployments) != 8 {
		t.Errorf("%d deployments", len(deployments))
	}
	grace, err := time.ParseDuration(settings(t)["imagika"]["IMAGIKA_STOP_GRACE"])
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range deployments {
		checkPod(t, d.Name, d.Spec.Template)
		pod := d.Spec.Template
		if !maps.Equal(d.Spec.Selector.MatchLabels, pod.Labels) || pod.Labels["app.kubernetes.io/component"] != d.Name {
			t.Errorf("%s: it selects %v of %v", d.Name, d.Spec.Selector.MatchLabels, pod.Labels)
		}
		c := pod.Spec.Containers[0]
		wait := lingers(c)
		if end := pod.Spec.TerminationGracePeriodSeconds; end == nil || time.Duration(*end)*time.Second <= wait+grace {
			t.Errorf("%s: it is killed before the %v of IMAGIKA_STOP_GRACE", d.Name, wait+grace)
		}
		if d.Name == "web" && wait < 5*time.Second {
			t.Errorf("%s: it closes while people are still sent to it", d.Name)
		}
		if c.StartupProbe == nil || c.ReadinessProbe == nil || c.LivenessProbe == nil || c.LivenessProbe.HTTPGet.Path != "/livez" || c.ReadinessProbe.HTTPGet.Path != "/readyz" {
			t.Errorf("%s: it is not asked how it is", d.Name)
		}
		limit := c.Resources.Limits.Memory().Value()
		if mib, err := strconv.ParseInt(strings.TrimSuffix(env(c, "GOMEMLIMIT"), "MiB"), 10, 64); err != nil || mib<<20 > limit*9/10 {
			t.Errorf("%s: Go may use %s of %d bytes", d.Name, env(c, "GOMEMLIMIT"), limit)
		}
	}
	for _, j := range of[batchv1.Job](all, "base") {
		checkPod(t, j.Name, j.Spec.Template)
	}
}

// lingers is how long a container goes on as it was when it is to end.
func lingers(c corev1.Container) time.Duration {
	if c.Lifecycle == nil || c.Lifecycle.PreStop == nil || c.Lifecycle.PreStop.Sleep == nil {
		return 0
	}
	return time.Duration(c.Lifecycle.PreStop.Sleep.Seconds) * time.Second
}

func checkPod(t *testing.T, name string, pod corev1.PodTemplateSpec) {
	t.Helper()
	c, s := pod.Spec.Containers[0], pod.Spec.SecurityContext
	if len(pod.Spec.Containers) != 1 || c.Image != "imagika" || pod.Spec.AutomountServiceAccountToken == nil || *pod.Spec.AutomountServiceAccountToken {
		t.Errorf("%s: not one container of ours, without a token of the cluster", name)
	}
	if s == nil || s.RunAsNonRoot == nil || !*s.RunAsNonRoot || s.SeccompProfile == nil || s.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault {
		t.Errorf("%s: its pod may be root, or call anything", name)
	}
	if s := c.SecurityContext; s == nil || !*s.ReadOnlyRootFilesystem || *s.AllowPrivilegeEscalation || !slices.Equal(s.Capabilities.Drop, []corev1.Capability{"ALL"}) {
		t.Errorf("%s: its container is not closed", name)
	}
	if c.Resources.Limits.Memory().IsZero() || c.Resources.Requests.Cpu().IsZero() {
		t.Errorf("%s: it has no limits", name)
	}
}

func env(c corev1.Container, name string) string {
	for _, e := range c.Env {
		if e.Name == name {
			return e.Value
		}
	}
	return ""
}

// TestPodSettings has each container read its settings as its process will, from the secrets that it is given and no others.
func TestPodSettings(t *testing.T) {
	t.Parallel()
	all := manifests(t)
	secrets := deploytest.Secrets(t, deploytest.Token)
	values := settings(t)
	pods := map[string]corev1.PodTemplateSpec{}
	for _, d := range of[appsv1.Deployment](all, "base") {
		pods[d.Name] = d.Spec.Template
	}
	for _, j := range of[batchv1.Job](all, "base") {
		pods[j.Name] = j.Spec.Template
	}
	for name, pod := range pods {
		c := pod.Spec.Containers[0]
		given := t.TempDir()
		for _, v := range pod.Spec.Volumes {
			if v.Secret == nil {
				continue
			}
			for _, item := range v.Secret.Items {
				if err := os.Link(filepath.Join(secrets, item.Key), filepath.Join(given, item.Path)); err != nil {
					t.Errorf("%s: %v", name, err)
				}
				if !strings.Contains(string(must(yaml.Marshal(c.Env))), "/"+item.Path+"\n") {
					t.Errorf("%s is given the secret %s and does not use it", name, item.Key)
				}
			}
		}
		var environ []string
		for _, from := range c.EnvFrom {
			for k, v := range values[from.ConfigMapRef.Name] {
				environ = append(environ, k+"="+v)
			}
		}
		for _, e := range c.Env {
			environ = append(environ, e.Name+"="+strings.Replace(e.Value, "/run/secrets/imagika/", given+"/", 1))
		}
		role := config.Role(c.Args[0])
		if name == "migrate" {
			role = config.RoleTool
		}
		if _, err := config.Load(role, environ); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// TestAutoscaling: every pool is scaled, by the numbers of its own, within the bounds that Imagika reckons with.
func TestAutoscaling(t *testing.T) {
	t.Parallel()
	all := manifests(t)
	objects := map[string]*scaledObject{}
	for _, o := range of[scaledObject](all, "components") {
		objects[o.Spec.ScaleTargetRef.Name] = o
	}
	for _, p := range pools(t) {
		o := objects["worker-"+p.Pool]
		if o == nil {
			t.Errorf("pool %s is not scaled", p.Pool)
			continue
		}
		s := o.Spec
		if s.MinReplicaCount != p.Min || s.MaxReplicaCount != p.Max || s.Fallback.Replicas < p.Min || s.Fallback.Replicas > p.Max {
			t.Errorf("pool %s: %+v, IMAGIKA_SCALE says %d-%d", p.Pool, s, p.Min, p.Max)
		}
		trigger := s.Triggers[0].Metadata
		if !strings.HasSuffix(trigger["url"], ":9090/autoscale?pool="+p.Pool) || trigger["valueLocation"] != "want" || trigger["targetValue"] != "1" || s.Triggers[0].MetricType != "AverageValue" {
			t.Errorf("pool %s: trigger %v", p.Pool, trigger)
		}
		if s.Advanced.HorizontalPodAutoscalerConfig.Behavior.ScaleDown.StabilizationWindowSeconds < 300 {
			t.Errorf("pool %s shrinks at once", p.Pool)
		}
	}
	if !slices.ContainsFunc(of[corev1.Service](all, "base"), func(s *corev1.Service) bool {
		return s.Name == "operations" && s.Spec.Ports[0].Port == 9090 && s.Spec.Selector["app.kubernetes.io/component"] == "web"
	}) {
		t.Error("there is no service operations to ask")
	}
}

// TestNetwork: everything is closed but what is named, and the front-end cannot reach a database.
func TestNetwork(t *testing.T) {
	t.Parallel()
	rules := map[string]*networkingv1.NetworkPolicy{}
	for _, p := range of[networkingv1.NetworkPolicy](manifests(t), "base") {
		rules[p.Name] = p
	}
	nothing := rules["nothing"]
	if nothing == nil || len(nothing.Spec.PolicyTypes) != 2 || len(nothing.Spec.Ingress)+len(nothing.Spec.Egress) != 0 || len(nothing.Spec.PodSelector.MatchLabels) != 0 {
		t.Error("what is not named is not closed")
	}
	for name, p := range rules {
		for _, e := range p.Spec.Egress {
			for _, port := range e.Ports {
				if port.Port.IntValue() == 5432 && name != "stores" {
					t.Errorf("%s opens the database", name)
				}
			}
		}
	}
	for _, m := range regexp.MustCompile(`\w+://(?:\w+:\w+@)?\w+:(\d+)`).FindAllStringSubmatch(config.Example(), -1) {
		port := must(strconv.Atoi(m[1]))
		if !lets(rules["outside"], port) && !lets(rules["stores"], port) {
			t.Errorf("nobody who does the work reaches %s, as a setting has it", m[0])
		}
		if smtp := strings.HasPrefix(m[0], "smtp"); smtp && lets(rules["outside"], port) {
			t.Errorf("the front-end reaches %s", m[0])
		}
	}
	but := rules["stores"].Spec.PodSelector.MatchExpressions
	if !slices.ContainsFunc(but, func(e metav1.LabelSelectorRequirement) bool {
		return e.Operator == metav1.LabelSelectorOpNotIn && slices.Contains(e.Values, "bot")
	}) {
		t.Error("the front-end reaches the stores")
	}
}

// lets reports whether a policy lets who it is for out to a port.
func lets(p *networkingv1.NetworkPolicy, port int) bool {
	return slices.ContainsFunc(p.Spec.Egress, func(e networkingv1.NetworkPolicyEgressRule) bool {
		return slices.ContainsFunc(e.Ports, func(one networkingv1.NetworkPolicyPort) bool { return one.Port.IntValue() == port })
	})
}

// TestMonitoring: every pod is scraped at the port it listens at, and each alert leads to its page.
func TestMonitoring(t *testing.T) {
	t.Parallel()
	all := manifests(t)
	monitors := of[podMonitor](all, "components")
	if len(monitors) != 1 || monitors[0].Spec.PodMetricsEndpoints[0].Port != "admin" || monitors[0].Spec.Selector.MatchLabels["app.kubernetes.io/name"] != "imagika" {
		t.Errorf("pod monitors: %+v", monitors)
	}
	for _, r := range of[prometheusRule](all, "components") {
		for _, g := range r.Spec.Groups {
			for _, rule := range g.Rules {
				if rule.Alert != "" && rule.Annotations["runbook_url"] == "" {
					t.Errorf("alert %s has no page", rule.Alert)
				}
			}
		}
	}
}

// TestManifestsAreStrict: a field that does not exist is refused.
func TestManifestsAreStrict(t *testing.T) {
	t.Parallel()
	text := render(t, "worker.yaml.tmpl", pools(t)[0])
	for was, is := range map[string]string{
		"readOnlyRootFilesystem": "readOnlyRootFileSystem", "readinessProbe:": "readyProbe:", "kind: Deployment": "kind: Deployement",
		"configMapRef: {name": "configMapRef: {nam",
	} {
		changed := strings.Replace(text, was, is, 1)
		if _, err := decode([]byte(changed)); err == nil || changed == text {
			t.Errorf("%s for %s was accepted", is, was)
		}
	}
}
