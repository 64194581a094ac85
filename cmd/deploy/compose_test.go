package deploy_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/imagika/imagika/cmd/deploy/deploytest"
	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/queue"
)

type (
	project = types.Project
	service = types.ServiceConfig
)

// policy is something that is promised of every deployment by the compose file.
type policy struct {
	desc string
	// check names what breaks it.
	check func(p *project) []string
	// breaks changes a service so that it does.
	service string
	breaks  func(s *service)
}

var policies = []policy{
	{"images are pinned", each(pinned), "redis", func(s *service) { s.Image = "valkey/valkey:latest" }},
	{"images of others are pinned to a release", each(pinned), "postgres", func(s *service) { s.Image = "postgres:alpine" }},
	{"nobody is root", each(unprivileged), "grafana", func(s *service) { s.User = "" }},
	{"file systems are read-only", each(func(_ *project, s service) bool { return s.ReadOnly }), "web", func(s *service) { s.ReadOnly = false }},
	{"what is put into them is a file, as secrets are", each(mountable), "postgres", func(s *service) {
		s.Configs = []types.ServiceConfigObjConfig{{Source: "text in the compose file"}}
	}},
	{"no capability is kept", each(func(_ *project, s service) bool { return slices.Contains(s.CapDrop, "ALL") && len(s.CapAdd) == 0 }), "s3", func(s *service) { s.CapAdd = []string{"NET_ADMIN"} }},
	{"no privilege is gained", each(func(_ *project, s service) bool { return slices.Contains(s.SecurityOpt, "no-new-privileges:true") }), "bot", func(s *service) { s.SecurityOpt = nil }},
	{"an init reaps and passes signals on", each(func(_ *project, s service) bool { return s.Init != nil && *s.Init }), "worker-deliver", func(s *service) { s.Init = nil }},
	{"what dies comes back, what is done stays so", each(restarts), "worker-generate", func(s *service) { s.Restart = "no" }},
	{"everything has limits", each(limited), "worker-generate", func(s *service) { s.Deploy = nil }},
	{"Go collects before it is killed", each(collects), "worker-generate", func(s *service) { s.Environment = set(s.Environment, "GOMEMLIMIT", "2GiB") }},
	{"logs end", each(func(_ *project, s service) bool { return s.Logging != nil && s.Logging.Options["max-size"] != "" }), "prometheus", func(s *service) { s.Logging = nil }},
	{"everything says whether it is well", each(healthy), "worker-payments", func(s *service) { s.HealthCheck = nil }},
	{"Imagika is asked by its own command", each(healthy), "bot", func(s *service) {
		h := *s.HealthCheck
		h.Test = types.HealthCheckTest{"CMD", "true"}
		s.HealthCheck = &h
	}},
	{"no secret stands in the environment", each(sealed), "worker-generate", func(s *service) { s.Environment = set(s.Environment, "IMAGIKA_MASTER_KEY", "abc") }},
	{"secrets that are named are there, and no others", each(secretsFit), "worker-generate", func(s *service) { s.Secrets = s.Secrets[1:] }},
	{"the front-end reaches no database", each(secretsFit), "bot", func(s *service) {
		s.Secrets = append(slices.Clone(s.Secrets), types.ServiceSecretConfig{Source: "master_key"})
	}},
	{"a stop waits for the longest call", each(graceful), "worker-generate", func(s *service) { d := types.Duration(time.Minute); s.StopGracePeriod = &d }},
	{"ports are those of this machine", each(private), "web", func(s *service) { s.Ports = []types.ServicePortConfig{{Target: 8080, Published: "8080"}} }},
	{"workers can be many", each(scalable), "worker-deliver", func(s *service) { s.ContainerName = "deliver" }},
	{"workers publish nothing", each(scalable), "worker-deliver", func(s *service) {
		s.Ports = []types.ServicePortConfig{{HostIP: "127.0.0.1", Target: 9090, Published: "9099"}}
	}},
	{"Telegram reaches the webhook", each(called), "bot", func(s *service) { s.Ports = nil }},
	{"stores are inside", each(inside), "redis", func(s *service) { s.Networks = map[string]*types.ServiceNetworkConfig{"backend": nil, "outside": nil} }},
	{"only the playground shares the machine's network", each(inside), "web", func(s *service) { s.NetworkMode = "host" }},
	{"each starts after what it needs", each(ordered), "worker-interactive", func(s *service) { s.DependsOn = nil }},
	{"it waits until that is well", each(ordered), "web", func(s *service) {
		s.DependsOn = maps.Clone(s.DependsOn)
		s.DependsOn["redis"] = types.ServiceDependency{Condition: types.ServiceConditionStarted}
	}},
	{"only what was asked for starts", each(profiled), "grafana", func(s *service) { s.Profiles = nil }},
	{"the product starts unasked", each(profiled), "bot", func(s *service) { s.Profiles = []string{"core"} }},
	{"Redis keeps what it was given", durable, "redis", func(s *service) { s.Command = types.ShellCommand{"valkey-server"} }},
	{"every pool has one service", pooled, "worker-generate", func(s *service) { s.Command = types.ShellCommand{"worker", "--pools", "deliver=64"} }},
}

// each makes a check of one that holds for each service.
func each(holds func(*project, service) bool) func(*project) []string {
	return func(p *project) (broken []string) {
		for _, name := range slices.Sorted(maps.Keys(p.Services)) {
			if !holds(p, p.Services[name]) {
				broken = append(broken, name)
			}
		}
		return broken
	}
}

func ours(s service) bool { return s.Image == "imagika" }

func isWorker(s service) bool { return strings.HasPrefix(s.Name, "worker-") }

var release = regexp.MustCompile(`:v?\d+\.\d+[\w.-]*$|@sha256:[0-9a-f]{64}$`)

func pinned(_ *project, s service) bool {
	return ours(s) && s.Build != nil && s.Build.Dockerfile == "cmd/Dockerfile" || release.MatchString(s.Image)
}

// unprivileged: the S3 server's image has no folder that a user could write to; it is root over its own volume, without a
// capability and without a way out.
func unprivileged(_ *project, s service) bool {
	root := s.User == "" || s.User == "0" || s.User == "root"
	return !s.Privileged && (!root || s.Name == "s3")
}

// mountable: compose mounts a file, but copies text and values into the container, and a read-only one does not start then.
func mountable(p *project, s service) bool {
	for _, c := range s.Configs {
		if s.ReadOnly && p.Configs[c.Source].File == "" {
			return false
		}
	}
	for _, c := range s.Secrets {
		if s.ReadOnly && p.Secrets[c.Source].File == "" {
			return false
		}
	}
	return true
}

func restarts(_ *project, s service) bool {
	return s.Restart == "unless-stopped" && s.Name != "migrate" || s.Restart == "no" && s.Name == "migrate"
}

func limited(_ *project, s service) bool {
	if s.Deploy == nil || s.Deploy.Resources.Limits == nil {
		return false
	}
	l := s.Deploy.Resources.Limits
	return l.NanoCPUs > 0 && l.MemoryBytes > 0 && l.Pids > 0
}

func collects(_ *project, s service) bool {
	limit := s.Environment["GOMEMLIMIT"]
	if limit == nil {
		return !isWorker(s) && s.Name != "bot" && s.Name != "web"
	}
	if s.Deploy == nil || s.Deploy.Resources.Limits == nil {
		return true // which another policy refuses
	}
	mib, err := strconv.ParseInt(strings.TrimSuffix(*limit, "MiB"), 10, 64)
	return err == nil && types.UnitBytes(mib<<20) < s.Deploy.Resources.Limits.MemoryBytes*9/10
}

func healthy(_ *project, s service) bool {
	switch h := s.HealthCheck; {
	case s.Name == "migrate":
		return h.Disable
	case h == nil || h.Disable || h.Interval == nil || h.Timeout == nil || h.Retries == nil || h.StartPeriod == nil:
		return false
	case ours(s):
		return slices.Equal(h.Test, types.HealthCheckTest{"CMD", "/usr/local/bin/imagika", "healthcheck"})
	default:
		return len(h.Test) > 1
	}
}

var secretName = regexp.MustCompile(`PASSWORD|_KEY$|TOKEN|SECRET|DATABASE_URL|_AUTH$`)

// sealed: such a variable is passed on if the operator sets it, names a file, or is the public half of a pair of keys.
func sealed(_ *project, s service) bool {
	for name, value := range s.Environment {
		if value != nil && secretName.MatchString(name) && !strings.Contains(name, "ACCESS_KEY") && !strings.HasPrefix(*value, "/run/secrets/") {
			return false
		}
	}
	return true
}

// secretsFit: each file that is named is a secret the service is given, and it is given none that it does not use.
func secretsFit(p *project, s service) bool {
	if s.Name == "alertmanager" { // whose file of settings names them
		return len(s.Secrets) == 2
	}
	said := slices.Clone(s.Command)
	for _, value := range s.Environment {
		if value != nil {
			said = append(said, *value)
		}
	}
	used := map[string]bool{}
	for _, m := range regexp.MustCompile(`/run/secrets/(\w+)`).FindAllStringSubmatch(strings.Join(said, " "), -1) {
		used[m[1]] = true
	}
	for _, secret := range s.Secrets {
		if !used[secret.Source] || p.Secrets[secret.Source].File == "" {
			return false
		}
		delete(used, secret.Source)
	}
	return len(used) == 0
}

func graceful(_ *project, s service) bool {
	if !ours(s) || s.Name == "playground" || s.Name == "migrate" {
		return s.StopGracePeriod == nil || *s.StopGracePeriod > 0
	}
	grace := s.Environment["IMAGIKA_STOP_GRACE"]
	d, err := time.ParseDuration(*grace)
	return err == nil && s.StopGracePeriod != nil && time.Duration(*s.StopGracePeriod) >= d && d > queue.DefaultCallTimeout
}

func private(_ *project, s service) bool {
	return !slices.ContainsFunc(s.Ports, func(p types.ServicePortConfig) bool { return p.HostIP != "127.0.0.1" })
}

// called: whoever is told by a webhook listens for it, where a proxy on this machine reaches it.
func called(_ *project, s service) bool {
	if _, hook := s.Environment["IMAGIKA_TELEGRAM_WEBHOOK_URL"]; !hook {
		return s.Name != "bot"
	}
	addr := s.Environment["IMAGIKA_WEB_ADDR"]
	return addr != nil && slices.ContainsFunc(s.Ports, func(p types.ServicePortConfig) bool {
		return *addr == "0.0.0.0:"+strconv.Itoa(int(p.Target)) && p.Published != ""
	})
}

func scalable(_ *project, s service) bool {
	return !isWorker(s) || s.ContainerName == "" && len(s.Ports) == 0 && s.Hostname == "" && s.Scale == nil
}

func inside(p *project, s service) bool {
	if s.NetworkMode != "" {
		return s.Name == "playground"
	}
	store := s.Name == "redis" || s.Name == "postgres" || s.Name == "s3" || s.Name == "migrate"
	_, out := s.Networks["outside"]
	return len(s.Networks) > 0 && store != out && p.Networks["backend"].Internal
}

func ordered(_ *project, s service) bool {
	needs := map[string]string{}
	switch {
	case s.Name == "bot":
		needs["redis"] = types.ServiceConditionHealthy
	case s.Name == "migrate":
		needs["postgres"] = types.ServiceConditionHealthy
	case isWorker(s), s.Name == "web":
		needs["redis"], needs["s3"], needs["migrate"] = types.ServiceConditionHealthy, types.ServiceConditionHealthy, types.ServiceConditionCompletedSuccessfully
	}
	for name, condition := range needs {
		if s.DependsOn[name].Condition != condition {
			return false
		}
	}
	return true
}

func profiled(_ *project, s service) bool {
	want := map[string]string{"prometheus": "observability", "alertmanager": "observability", "grafana": "observability", "playground": "dev"}[s.Name]
	return strings.Join(s.Profiles, ",") == want
}

func durable(p *project) (broken []string) {
	command := strings.Join(p.Services["redis"].Command, " ")
	for _, want := range []string{"--appendonly yes", "--appendfsync everysec", "--maxmemory-policy noeviction"} {
		if !strings.Contains(command, want) {
			broken = append(broken, want)
		}
	}
	return broken
}

func pooled(p *project) (broken []string) {
	services := map[string]int{}
	for _, s := range p.Services {
		if !isWorker(s) {
			continue
		}
		pools, err := queue.ParsePools(s.Command[len(s.Command)-1])
		if err != nil {
			broken = append(broken, err.Error())
		}
		for name := range pools {
			services[name]++
			if s.Name != "worker-"+name {
				broken = append(broken, s.Name+" runs "+name)
			}
		}
	}
	for _, pool := range queue.Pools(0, false) {
		if services[pool.Name] != 1 {
			broken = append(broken, pool.Name)
		}
	}
	return broken
}

// set is the environment with another value.
func set(m types.MappingWithEquals, name, value string) types.MappingWithEquals {
	m = maps.Clone(m)
	m[name] = &value
	return m
}

func TestCompose(t *testing.T) {
	t.Parallel()
	p := deploytest.Compose(t)
	for _, rule := range policies {
		if broken := rule.check(p); len(broken) > 0 {
			t.Errorf("%s: not %s", rule.desc, strings.Join(broken, ", "))
		}
		changed := *p
		changed.Services = maps.Clone(p.Services)
		s, ok := changed.Services[rule.service]
		if !ok {
			t.Fatalf("%s: there is no service %s to break", rule.desc, rule.service)
		}
		rule.breaks(&s)
		changed.Services[rule.service] = s
		if len(rule.check(&changed)) == 0 {
			t.Errorf("%s: not noticed when %s breaks it", rule.desc, rule.service)
		}
	}
}

// TestComposeIsStrict: what nobody understands is refused, not ignored.
func TestComposeIsStrict(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(deploytest.Root(t), "docker-compose.yml"))
	if err != nil {
		t.Fatal(err)
	}
	for was, is := range map[string]string{
		"read_only: true":                         "readonly: true",
		"condition: service_healthy":              "condition: service_well",
		"secrets: [redis_password, queue_key":     "secrets: [redis_pass, queue_key",
		"memory: 768M":                            "memory: plenty",
		"networks: [backend]":                     "networks: [back]",
		"depends_on:\n      postgres: {condition": "depends_on:\n      mysql: {condition",
	} {
		changed := strings.Replace(string(text), was, is, 1)
		if changed == string(text) {
			t.Errorf("there is no %q", was)
		}
		if _, err := deploytest.Load(t, changed); err == nil {
			t.Errorf("%q was accepted", is)
		}
	}
}

// TestComposeSettings has each service read its settings as its process will: all that a role needs is there, and nothing
// that is no setting.
func TestComposeSettings(t *testing.T) {
	t.Parallel()
	secrets := deploytest.Secrets(t, deploytest.Token)
	p := deploytest.Compose(t, "SECRETS="+secrets)
	for name, s := range p.Services {
		if !ours(s) {
			continue
		}
		role := config.Role(s.Command[0])
		if name == "migrate" {
			role = config.RoleTool
		}
		var environ []string
		for k, v := range s.Environment {
			if v != nil {
				environ = append(environ, k+"="+strings.Replace(*v, "/run/secrets/", secrets+"/", 1))
			}
		}
		if _, err := config.Load(role, environ); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, secret := range p.Secrets {
		if info, err := os.Stat(secret.File); err != nil || info.Mode().Perm() != 0o444 {
			t.Errorf("secret %s: %v, %v", name, info, err)
		}
	}
}

// TestComposeKeysDatabase: Postgres makes the database that the secret for people's keys leads to.
func TestComposeKeysDatabase(t *testing.T) {
	t.Parallel()
	p := deploytest.Compose(t)
	text, err := os.ReadFile(p.Configs["keys"].File)
	if err != nil {
		t.Fatal(err)
	}
	address := contents(t, deploytest.Secrets(t, deploytest.Token))["keys_database_url"]
	name := regexp.MustCompile(`/(\w+)\?`).FindStringSubmatch(address)[1]
	if !strings.Contains(string(text), "\nCREATE DATABASE "+name+";\n") {
		t.Errorf("%s is not made: %s", name, text)
	}
}

// TestSecrets: they are made once, of what somebody types and of chance, and lie in a folder that nobody else can open.
func TestSecrets(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "secrets")
	for _, typed := range []string{"", "\n", "hello\n", "123:short\n", deploytest.Token + "\nhere\n"} {
		if out, err := deploytest.MakeSecrets(t, dir, typed); err == nil || !strings.Contains(out, "That is no ") {
			t.Errorf("%q was accepted: %s", typed, out)
		}
	}
	if out, err := deploytest.MakeSecrets(t, dir, ""); err != nil { // the token of the last time was one
		t.Errorf("%v: %s", err, out)
	}
	first := contents(t, dir)
	if len(first) != 11 || first["telegram_token"] != deploytest.Token+"\n" || first["alert_chat"] != "0\n" {
		t.Errorf("%d secrets, the token is %q, the chat %q", len(first), first["telegram_token"], first["alert_chat"])
	}
	values := map[string]bool{}
	for name, value := range first {
		if value == "" || values[value] {
			t.Errorf("%s is empty, or what another is", name)
		}
		values[value] = true
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("folder: %v, %v", info, err)
	}
	if out, err := deploytest.MakeSecrets(t, dir, "-100123\n"); err != nil { // a chat for alerts, at last
		t.Errorf("%v: %s", err, out)
	}
	second := contents(t, dir)
	if second["alert_chat"] != "-100123\n" {
		t.Errorf("the chat is %q", second["alert_chat"])
	}
	second["alert_chat"] = first["alert_chat"]
	if !maps.Equal(first, second) {
		t.Error("a second run changed a secret")
	}
}

func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = string(text)
	}
	return all
}

// TestObservabilityFindsEverything: Prometheus asks every service that has something to say, at the port where it does, and
// what the files of Prometheus, Alertmanager and Grafana name lies where the compose file puts it.
func TestObservabilityFindsEverything(t *testing.T) {
	t.Parallel()
	p := deploytest.Compose(t)
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(deploytest.Root(t), "cmd", "internal", "ops", name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	scraped := read("prometheus/prometheus.yml")
	for name, s := range p.Services {
		found := regexp.MustCompile(`(?m)^ +- ` + name + `$`).MatchString(scraped)
		if want := ours(s) && name != "migrate" && name != "playground"; found != want {
			t.Errorf("Prometheus asks %s: %v", name, found)
		}
		if addr := s.Environment["IMAGIKA_ADMIN_ADDR"]; found && !strings.Contains(scraped, "port: "+strings.TrimPrefix(*addr, "0.0.0.0:")+"\n") {
			t.Errorf("Prometheus does not ask %s at %s", name, *addr)
		}
	}
	for _, m := range regexp.MustCompile(`/run/secrets/(\w+)`).FindAllStringSubmatch(read("prometheus/alertmanager.yml"), -1) {
		if !slices.ContainsFunc(p.Services["alertmanager"].Secrets, func(s types.ServiceSecretConfig) bool { return s.Source == m[1] }) {
			t.Errorf("Alertmanager is not given %s", m[0])
		}
	}
	mounted := func(service, target string) {
		for _, v := range p.Services[service].Volumes {
			if _, err := os.Stat(v.Source); v.Target == target && v.Type == types.VolumeTypeBind && v.ReadOnly && err == nil {
				return
			}
		}
		t.Errorf("%s finds nothing at %s", service, target)
	}
	mounted("prometheus", "/etc/prometheus")
	mounted("alertmanager", "/etc/alertmanager")
	mounted("grafana", "/etc/grafana/provisioning")
	mounted("grafana", regexp.MustCompile(`path: (\S+)`).FindStringSubmatch(read("grafana/provisioning/dashboards/imagika.yml"))[1])
	if !strings.Contains(read("grafana/provisioning/datasources/prometheus.yml"), "url: http://prometheus:9090\n") {
		t.Error("Grafana asks somebody else")
	}
}

// TestNothingSecretInTheImage: what lies beside the code on an operator's machine is not sent to the builder, nor committed.
func TestNothingSecretInTheImage(t *testing.T) {
	t.Parallel()
	for file, form := range map[string]string{"cmd/Dockerfile.dockerignore": "%\n", ".gitignore": "/%"} {
		text, err := os.ReadFile(filepath.Join(deploytest.Root(t), file))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{".env", "secrets", "config", "data"} {
			if !strings.Contains(string(text), strings.ReplaceAll(form, "%", name)) {
				t.Errorf("%s does not name %s", file, name)
			}
		}
	}
}
