package app

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/imagika/imagika/cmd/internal/config"
)

// Verdict is what a doctor thinks of a part.
type Verdict string

// The verdicts.
const (
	Well   Verdict = "well"
	Doubt  Verdict = "doubt"  // it works, and will not always
	Broken Verdict = "broken" // it does not work
)

// Finding is a line of a doctor's report.
type Finding struct {
	Part    string  `json:"part"`
	Verdict Verdict `json:"verdict"`
	Text    string  `json:"text"`
	Mend    string  `json:"mend,omitempty"` // what to do about it
}

func well(part, format string, args ...any) Finding {
	return Finding{Part: part, Verdict: Well, Text: fmt.Sprintf(format, args...)}
}

func doubt(part, mend, format string, args ...any) Finding {
	return Finding{part, Doubt, fmt.Sprintf(format, args...), mend}
}

// broken hides what an error may say of secrets.
func broken(part, mend string, err error) Finding {
	return Finding{part, Broken, config.Redact(err.Error()), mend}
}

// The parts of a report, as they are called.
const (
	partFolder    = "data folder"
	partDisk      = "disk"
	partFiles     = "open files"
	partRedis     = "redis"
	partDatabase  = "database"
	partKeys      = "key store"
	partObjects   = "s3"
	partTelegram  = "telegram"
	partProvider  = "provider"
	partPublic    = "public address"
	partAdmin     = "admin address"
	partStop      = "stopping"
	partMail      = "e-mail"
	partCatalogue = "catalogue"
)

// patience is how long a doctor waits for one part.
const doctorPatience = 15 * time.Second

// doctor looks at every part of a deployment. Nothing is changed and nothing is paid; a file is put into the bucket and taken
// out again.
type doctor struct {
	c   config.Config
	log *slog.Logger
	dir string
}

// Doctor looks at everything that the settings name, all at once, and says in a fixed order what it finds.
func Doctor(ctx context.Context, c config.Config, log *slog.Logger) []Finding {
	dir, err := filepath.Abs(c.Data)
	if err != nil {
		return []Finding{broken(partFolder, "Set IMAGIKA_DATA to a folder that can be reached.", err)}
	}
	d := doctor{c, log, dir}
	looks := []func(context.Context) []Finding{
		d.folder, d.files, d.redis, d.database, d.keys, d.objects, d.telegram, d.catalogue, d.providers, d.mail, d.public, d.admin, d.stopping,
	}
	found := make([][]Finding, len(looks))
	var all sync.WaitGroup
	for i, look := range looks {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, doctorPatience)
			defer cancel()
			found[i] = look(ctx)
		})
	}
	all.Wait()
	var list []Finding
	for _, some := range found {
		list = append(list, some...)
	}
	return list
}

// The least there should be free, and the most files that should be open at once.
const (
	leastFree  = 1 << 30
	leastFiles = 1024
)

// folder is where what is embedded lies, and what is spooled.
func (d doctor) folder(context.Context) []Finding {
	info, err := os.Stat(d.dir)
	if os.IsNotExist(err) {
		return []Finding{well(partFolder, "%s is made when Imagika first runs", d.dir)}
	}
	if err != nil {
		return []Finding{broken(partFolder, "Give this user the folder, or set IMAGIKA_DATA to another one.", err)}
	}
	if !info.IsDir() {
		return []Finding{{partFolder, Broken, d.dir + " is no folder", "Set IMAGIKA_DATA to a folder."}}
	}
	probe, err := os.CreateTemp(d.dir, ".doctor-*")
	if err != nil {
		return []Finding{broken(partFolder, "Make the folder writable for this user.", err)}
	}
	_ = probe.Close()
	_ = os.Remove(probe.Name())
	list := []Finding{well(partFolder, "%s can be written", d.dir)}
	if info.Mode().Perm()&0o077 != 0 {
		list[0] = doubt(partFolder, "chmod 700 "+d.dir, "%s is open to other users of this machine", d.dir)
	}
	var fs syscall.Statfs_t
	if syscall.Statfs(d.dir, &fs) == nil {
		free := fs.Bavail * uint64(fs.Bsize) //nolint:gosec // a block size is above zero
		if list = append(list, well(partDisk, "%d MiB free", free>>20)); free < leastFree {
			list[1] = doubt(partDisk, "Make room, or move IMAGIKA_DATA.", "%d MiB free, which pictures on their way fill soon", free>>20)
		}
	}
	return list
}

// files are how many may be open at once: each connection is one.
func (d doctor) files(context.Context) []Finding {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return nil
	}
	if limit.Cur < leastFiles {
		return []Finding{doubt(partFiles, "ulimit -n 4096, or LimitNOFILE in the service.", "%d at once, and each connection is one", limit.Cur)}
	}
	return []Finding{well(partFiles, "%d at once", limit.Cur)}
}

// clockMost is how far a clock may be off before it shows.
const clockMost = 2 * time.Second

// clock is what is wrong with somebody's clock, if anything is.
func clock(part string, ahead time.Duration) []Finding {
	if ahead.Abs() <= clockMost {
		return nil
	}
	way := "ahead of"
	if ahead < 0 {
		way = "behind"
	}
	return []Finding{doubt(part, "Have both machines keep time by NTP.", "its clock is %s %s ours", ahead.Abs().Round(time.Second), way)}
}

// admin is who can look into the process.
func (d doctor) admin(context.Context) []Finding {
	switch own := loopback(d.c.AdminAddr); {
	case own:
		return []Finding{well(partAdmin, "%s is reached from this machine alone", d.c.AdminAddr)}
	case d.c.AdminPassword.IsSet():
		return []Finding{well(partAdmin, "%s asks for the password", d.c.AdminAddr)}
	default:
		return []Finding{doubt(
			partAdmin, "Keep it in a private network, or set IMAGIKA_ADMIN_ADDR=127.0.0.1:9090.", "%s is open beyond this machine: health and metrics show to whoever reaches it", d.c.AdminAddr,
		)}
	}
}

// stopping is whether a stop cuts calls off; the settings are refused otherwise, so this says by how much it does not.
func (d doctor) stopping(context.Context) []Finding {
	return []Finding{well(partStop, "%s to stop, for calls of at most %s; whoever stops it has to wait as long", d.c.StopGrace, d.c.CallTimeout)}
}

// embeddedPart is what is not set.
func embeddedPart(part, setting string) []Finding {
	return []Finding{well(part, "embedded by imagika run: %s is not set", setting)}
}

// orNothing is a text, or a word for none.
func orNothing(text string) string { return cmp.Or(text, "unknown") }
