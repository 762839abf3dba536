"""The network whose words and labels are owned by ranks: the processes of one machine, or of many."""
