package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/imagika/imagika/cmd/deploy/deploytest"
	"github.com/imagika/imagika/queue/queuetest"
	"github.com/imagika/imagika/storage/objects/objectstest"
	"github.com/imagika/imagika/storage/storagetest"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// asImagika, in the environment, makes the test binary be the program.
const asImagika = "TEST_AS_IMAGIKA"

func TestMain(m *testing.M) {
	if _, program := os.LookupEnv(asImagika); program {
		main()
		return
	}
	os.Exit(m.Run())
}

// deployment does what docker compose would with the compose file, without containers: it runs the same commands with the
// same environment, files of secrets included. Only addresses and folders are others, because all of it is one machine.
type deployment struct {
	t       *testing.T
	project *types.Project
	files   *strings.Replacer // from paths and hosts inside to those out here
	up      []*container
}

// container is a service that runs.
type container struct {
	service types.ServiceConfig
	environ []string
	cmd     *exec.Cmd
	said    bytes.Buffer
	ended   chan error
}

// newDeployment prepares servers, and secrets that lead to them as an operator's do who has servers of his own.
func newDeployment(t *testing.T, tg *telegramtest.Server) *deployment {
	t.Helper()
	secrets, conf := deploytest.Secrets(t, tg.Token()), filepath.Dir(models)
	redis := queuetest.StartReal(t, "--appendonly", "yes", "--appendfsync", "everysec", "--maxmemory-policy", "noeviction")
	address, err := url.Parse(redis.URL())
	if err != nil {
		t.Fatal(err)
	}
	password, _ := address.User.Password()
	s3 := objectstest.Config(t)
	for name, value := range map[string]string{
		"redis_password": password, "s3_secret_key": s3.Secret,
		"database_url": storagetest.PostgresURL(t), "keys_database_url": storagetest.PostgresURL(t),
	} {
		file := filepath.Join(secrets, name)
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(value+"\n"), 0o444); err != nil {
			t.Fatal(err)
		}
	}
	return &deployment{
		t: t,
		project: deploytest.Compose(t, "SECRETS="+secrets, "CONFIG="+conf, "IMAGIKA_TELEGRAM_API_URL="+tg.URL(),
			"IMAGIKA_CATALOGUE=/config/models.yaml", "IMAGIKA_S3_BUCKET="+s3.Bucket, "IMAGIKA_LOG_LEVEL=warn", "SLOTS_GENERATE=2", "IMAGIKA_LOCAL_DELAY=1s"),
		files: strings.NewReplacer("/run/secrets/", secrets+"/", "/config/", conf+"/", "redis://redis:6379", "redis://"+redis.Addr(), "s3:7070", s3.Endpoint),
	}
}

// environ is what a container of a service finds, with a folder and ports of its own.
func (d *deployment) environ(s types.ServiceConfig) []string {
	d.t.Helper()
	dir := d.t.TempDir()
	list := []string{asImagika + "=1", "IMAGIKA_DATA=" + dir, "TMPDIR=" + dir, "HOME=" + dir}
	for name, value := range s.Environment {
		switch {
		case value == nil:
			continue
		case strings.HasSuffix(name, "_ADDR"):
			list = append(list, name+"="+free(d.t))
		case name == "IMAGIKA_S3_ACCESS_KEY":
			list = append(list, name+"="+objectstest.Config(d.t).Key)
		default:
			list = append(list, name+"="+d.files.Replace(*value))
		}
	}
	return list
}

// free is an address nobody listened at a moment ago.
func free(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func program(t *testing.T, environ, args []string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(context.Background(), self, args...)
	cmd.Env, cmd.Dir = environ, filepath.Dir(self)
	return cmd
}

// run runs a service that ends by itself.
func (d *deployment) run(name string) {
	d.t.Helper()
	s := d.project.Services[name]
	if out, err := program(d.t, d.environ(s), s.Command).CombinedOutput(); err != nil {
		d.t.Fatalf("%s: %v: %s", name, err, out)
	}
}

// start starts a container of a service.
func (d *deployment) start(name string) *container {
	d.t.Helper()
	s := d.project.Services[name]
	c := &container{service: s, environ: d.environ(s), ended: make(chan error, 1)}
	c.cmd = program(d.t, c.environ, s.Command)
	c.cmd.Stdout, c.cmd.Stderr = &c.said, &c.said
	if err := c.cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	go func() { c.ended <- c.cmd.Wait() }()
	d.t.Cleanup(func() { _ = c.cmd.Process.Kill() })
	d.up = append(d.up, c)
	return c
}

// healthy waits until the health check of a container says nothing more.
func (d *deployment) healthy(c *container) {
	d.t.Helper()
	check := c.service.HealthCheck.Test
	if len(check) != 3 || check[0] != "CMD" {
		d.t.Fatalf("%s: health check %q", c.service.Name, check)
	}
	for end := time.Now().Add(3 * time.Minute); ; time.Sleep(200 * time.Millisecond) {
		out, err := program(d.t, c.environ, check[2:]).CombinedOutput()
		if err == nil {
			return
		}
		select {
		case err := <-c.ended:
			d.t.Fatalf("%s ended: %v: %s", c.service.Name, err, c.said.String())
		default:
		}
		if time.Now().After(end) {
			d.t.Fatalf("%s is not healthy: %s", c.service.Name, out)
		}
	}
}

// exec runs a command in a container, and returns what it prints.
func (d *deployment) exec(c *container, args ...string) string {
	d.t.Helper()
	cmd := program(d.t, c.environ, args)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		d.t.Errorf("imagika %s: %v: %s", strings.Join(args, " "), err, complaint.String())
	}
	return string(out)
}

// down stops all containers, the last that was started first, and fails for one that does not end well in its grace.
func (d *deployment) down() {
	d.t.Helper()
	for _, c := range slices.Backward(d.up) {
		if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			d.t.Errorf("%s: %v", c.service.Name, err)
		}
	}
	for _, c := range slices.Backward(d.up) {
		select {
		case err := <-c.ended:
			if err != nil {
				d.t.Errorf("%s ended: %v: %s", c.service.Name, err, c.said.String())
			}
		case <-time.After(time.Duration(*c.service.StopGracePeriod)):
			d.t.Errorf("%s does not end within its grace", c.service.Name)
		}
	}
}

// TestComposeDeployment: what the compose file runs works together. The databases are made, each role becomes healthy by its
// own check, pools in processes of their own, one of them twice, get through a day of an operator's, and all of it stops in
// good order with the books in order.
func TestComposeDeployment(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts nine processes")
	}
	if errModels != nil {
		t.Fatal(errModels)
	}
	tg := telegramtest.NewTest(t, telegramtest.Options{Bot: telegramtest.User{SupportsInlineQueries: true}})
	d := newDeployment(t, tg)
	d.run("migrate")
	var maintenance *container
	for _, name := range []string{"bot", "worker-payments", "worker-interactive", "worker-generate", "worker-generate", "worker-deliver", "worker-conversation", "worker-maintenance", "web"} {
		c := d.start(name)
		if name == "worker-maintenance" {
			maintenance = c
		}
	}
	for _, c := range d.up {
		d.healthy(c)
	}

	people := []*telegramtest.Person{agreed(t, tg, "Ada"), agreed(t, tg, "Bob"), agreed(t, tg, "Eve")}
	var seats []string
	for line := range strings.Lines(d.exec(maintenance, "admin", "pools")) {
		seats = append(seats, strings.Fields(line)[0])
	}
	want := "POOL conversation deliver generate generate interactive maintenance payments"
	if got := strings.Join(seats, " "); got != want {
		t.Errorf("pools: %s", got)
	}
	if out := d.exec(maintenance, "admin", "scale", "generate"); !strings.Contains(out, "generate  2        1       (0 pending + 0 active) / 2 slots") {
		t.Errorf("scale: %s", out)
	}
	(&day{d, maintenance}).run(people)
	if out := d.exec(maintenance, "admin", "ledger", "verify"); !strings.Contains(out, "every invariant holds") {
		t.Errorf("books: %s", out)
	}
	d.down()
	for _, c := range d.up {
		if strings.Contains(c.said.String(), tg.Token()) {
			t.Errorf("%s said the token", c.service.Name)
		}
	}
}

// wait waits for a message that matches.
func wait(t *testing.T, p *telegramtest.Person, match func(telegramtest.Message) bool) telegramtest.Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	m, err := p.Wait(ctx, match)
	if err != nil {
		t.Fatal(fmt.Errorf("%w; %d messages", err, len(p.Messages())))
	}
	return m
}
