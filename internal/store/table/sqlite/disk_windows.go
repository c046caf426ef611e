package sqlite

import "golang.org/x/sys/windows"

// diskFree returns how many bytes this user may still write to the disk with the folder at path.
func diskFree(path string) (int64, error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return 0, err
	}
	var free uint64
	err = windows.GetDiskFreeSpaceEx(name, &free, nil, nil)
	return int64(free), err
}
