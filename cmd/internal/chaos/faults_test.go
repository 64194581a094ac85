package chaos_test

import (
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"time"

	"github.com/imagika/imagika/cmd/internal/app/apptest"
)

// strike does what a row of the schedule says, and returns when it is over.
func (r *run) strike(f fault) error {
	r.happened(f.Kind)
	switch f.Target {
	case targetProviders:
		r.outage(true)
		time.Sleep(f.For)
		r.outage(false)
		r.fleet.observe()
		return nil
	case targetRedis:
		return r.strikeRedis(f)
	case targetSQL:
		return r.strikeSQL(f)
	case targetS3:
		return r.strikeS3(f)
	case targetTelegram:
		return r.strikeTelegram(f)
	case targetQueue:
		if err := r.replay(int(f.At)); !errors.Is(err, errAway) {
			return err
		}
		return nil
	}
	return r.strikeProcess(f)
}

// strikeProcess kills, freezes or replaces a process, or takes its disk away.
func (r *run) strikeProcess(f fault) error {
	for _, b := range r.fleet.berths {
		if b.name != f.Target {
			continue
		}
		switch f.Kind {
		case kindKill:
			b.kill()
		case kindFreeze:
			b.freeze(f.For)
		case kindReplace:
			if !b.replace() { // as an orchestrator does, which is a fault of its own
				r.mu.Lock()
				r.slow++
				r.mu.Unlock()
			}
		case kindDiskFull:
			return b.noSpace(f.For)
		}
		return nil
	}
	return fmt.Errorf("there is no %s", f.Target)
}

// noSpace lets the process write no file for a while: what it spools does not fit.
func (b *berth) noSpace(d time.Duration) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.now == nil {
		return nil
	}
	pid := strconv.Itoa(b.now.Pid())
	limit := func(bytes string) error {
		return exec.CommandContext(b.w.t.Context(), "prlimit", "--pid", pid, "--fsize="+bytes+":").Run()
	}
	if err := limit("16"); err != nil {
		return fmt.Errorf("prlimit: %w", err)
	}
	time.Sleep(d)
	if err := limit("unlimited"); err != nil && !b.now.Ended() {
		return fmt.Errorf("prlimit: %w", err)
	}
	return nil
}

// strikeRedis is about its server, or the line to it.
func (r *run) strikeRedis(f fault) error {
	switch f.Kind {
	case kindRedisKill:
		return r.redis.kill(f.For, 0)
	case kindRedisOlder:
		return r.redis.kill(f.For, time.Second)
	case kindRedisFlush:
		return r.redis.flush()
	case kindRedisFailover:
		return r.redis.failover()
	}
	strikeLine(r.redis.line, f)
	return nil
}

// strikeSQL is about Postgres, or the line to it.
func (r *run) strikeSQL(f fault) error {
	switch f.Kind {
	case kindSQLKill:
		r.sql.Kill()
		time.Sleep(f.For)
		r.sql.Start()
		return nil
	case kindSQLCut:
		return r.sql.CutConnections()
	}
	strikeLine(r.lines[targetSQL], f)
	return nil
}

// strikeS3 is about the bucket, or the line to it.
func (r *run) strikeS3(f fault) error {
	if f.Kind == kindS3Full {
		r.door.full.Store(true)
		time.Sleep(f.For)
		r.door.full.Store(false)
		return nil
	}
	strikeLine(r.lines[targetS3], f)
	return nil
}

// strikeLine cuts a line, makes it slow, or lets it lose what is answered.
func strikeLine(l *apptest.Line, f fault) {
	switch f.Kind {
	case kindNetCut:
		l.Cut()
	case kindNetMute:
		l.Mute()
	case kindNetSlow:
		l.Delay(f.By)
	}
	time.Sleep(f.For)
	l.Mend()
}

// outage has all providers of the first priority take no new work, or take it again.
func (r *run) outage(down bool) {
	for _, g := range r.gates[:len(r.gates)-1] {
		g.set(func() { g.down = down })
	}
}
