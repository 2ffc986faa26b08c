package dev

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// process is a server that runs beside the test, in a process group of its own,
// with its output in a file.
type process struct {
	cmd  *exec.Cmd
	log  string
	done chan struct{} // closed when it has ended
	err  error         // how it ended; read after done
}

// launch starts a server; its output is appended to the file log. It dies with
// this process, whatever happens to this process.
func launch(t T, log, dir string, env []string, name string, args ...string) *process {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(log), 0o700); err != nil {
		t.Fatalf("folder for a log: %v", err)
	}
	out, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatalf("open a log: %v", err)
	}
	defer out.Close()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, out, out
	cmd.Env = append(os.Environ(), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", name, err)
	}
	p := &process{cmd: cmd, log: log, done: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		close(p.done)
	}()
	return p
}

// pid is the process ID, which is also the ID of its group.
func (p *process) pid() int { return p.cmd.Process.Pid }

// running says whether it has not ended.
func (p *process) running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// signal sends a signal to the whole group; one that has ended is not signalled.
func (p *process) signal(s syscall.Signal) {
	if p.running() {
		// ESRCH: it ended this moment, which is what was wanted.
		_ = syscall.Kill(-p.pid(), s)
	}
}

// kill ends it at once and waits for that.
func (p *process) kill() {
	p.signal(syscall.SIGKILL)
	<-p.done
}

var errSlowStop = errors.New("did not stop in time and was killed")

// stop asks it to end and waits; after the limit it is killed and an error says so.
func (p *process) stop(limit time.Duration) error {
	p.signal(syscall.SIGTERM)
	select {
	case <-p.done:
		return nil
	case <-time.After(limit):
		p.kill()
		return errSlowStop
	}
}

// tail is the end of its output, for messages about failures.
func (p *process) tail() string { return tail(p.log, 4000) }

// tail reads the last bytes of a file.
func tail(path string, most int) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	if len(data) > most {
		data = data[len(data)-most:]
	}
	return string(data)
}
