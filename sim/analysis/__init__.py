"""What missions and plans are worth: pure functions over opportunity tables and cases, no files, no plots."""
