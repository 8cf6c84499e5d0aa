
# nothing but a comment

