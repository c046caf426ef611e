package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"sort"
)

// The form of a write-ahead log (https://www.sqlite.org/fileformat2.html#walformat). Each frame has the salts of the
// header if it was written since the log began anew.
const (
	logHeader   = 32
	logSaltAt   = 16
	frameBytes  = 24 + pageBytes
	frameSaltAt = 8
	saltBytes   = 8
)

// fullLog is the size of a log that is about to be moved into the file.
const fullLog = logHeader + checkpointPages*frameBytes

// fillStep is how many bytes are added to the log at a time. Writes wait for a step.
const fillStep = 256 << 10

// always is closed.
var always = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// LogBytes returns how many bytes of the write-ahead log are in use: the log may go on with older frames, or with the
// zeros of fillLog. The log grows while readers, of this process or another, always need some part of the log.
func (f *File) LogBytes() int64 { return logBytes(f.path) }

func logBytes(path string) int64 {
	info, err := os.Stat(path + "-wal")
	if err != nil {
		return 0
	}
	log, err := os.Open(path + "-wal")
	if err != nil { // of another user
		return info.Size()
	}
	defer log.Close()
	salts := func(at int64) (read [saltBytes]byte) {
		if _, err := log.ReadAt(read[:], at); err != nil {
			return [saltBytes]byte{}
		}
		return read
	}
	current := salts(logSaltAt)
	if current == [saltBytes]byte{} {
		return 0
	}
	frames := int((info.Size() - logHeader) / frameBytes)
	used := sort.Search(frames, func(n int) bool {
		return salts(logHeader+int64(n)*frameBytes+frameSaltAt) != current
	})
	return logHeader + int64(used)*frameBytes
}

// pagesOfLog returns how many pages the log may have before it is moved into the file, if left bytes of the disk are
// left: on a small disk a log of the usual size would take the space that kicks need.
func pagesOfLog(left int64) int64 { return min(checkpointPages, left/pageBytes/partForLog) }

// fillLog adds zeros to a log that is shorter than fullLog, and reports whether more are to come. A commit that
// lengthens the log takes half as long again as a commit that overwrites zeros: the file system then has nothing to
// write but the bytes. SQLite ignores what is behind the last frame of the log. fillLog has SQLite's lock, so nobody
// commits meanwhile, and waits for nobody who has the lock. On a disk that is full or small the log stays as it is, and
// commits only take longer: where little is left, Space empties the log, which must not be filled again at once.
func (t *Table) fillLog() (more bool) {
	free, _, err := t.files.Disk(filepath.Dir(t.file.Path()))
	if err != nil || pagesOfLog(free/2) < checkpointPages {
		return false
	}
	t.writer.db.SetBusyTimeout(0)
	defer t.writer.db.SetBusyTimeout(t.writer.timeout)
	_, _ = t.writer.Transact(func() (wrote bool, failure error) {
		more, err = t.file.lengthenLog()
		return false, nil
	})
	return more && err == nil
}

// lengthenLog adds up to fillStep zeros to a log that is shorter than fullLog, and reports whether the log is still
// shorter. If lengthenLog fails, the log is as before.
func (f *File) lengthenLog() (more bool, err error) {
	log, err := os.OpenFile(f.path+"-wal", os.O_WRONLY, 0)
	if err != nil {
		return false, err
	}
	info, err := log.Stat()
	if err == nil && info.Size() < fullLog {
		end := min(info.Size()+fillStep, fullLog)
		_, err = log.WriteAt(make([]byte, end-info.Size()), info.Size())
		err = errors.Join(err, log.Sync())
		if err != nil {
			err = errors.Join(err, log.Truncate(info.Size()))
		}
		more = end < fullLog
	}
	return more, errors.Join(err, log.Close())
}
