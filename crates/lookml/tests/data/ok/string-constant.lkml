label: "@{NAME} of ${day}"
