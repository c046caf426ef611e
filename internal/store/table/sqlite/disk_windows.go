package sqlite

import "golang.org/x/sys/windows"

// diskSpace returns how many bytes this user may still write to the disk of the folder at path, and the disk's size in
// bytes.
func diskSpace(path string) (free, size int64, err error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return 0, 0, err
	}
	var left, all uint64
	err = windows.GetDiskFreeSpaceEx(name, &left, &all, nil)
	return int64(left), int64(all), err
}
