"abc
hidden: yes
