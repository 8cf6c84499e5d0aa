fields: [[a], [b, [c]]]
