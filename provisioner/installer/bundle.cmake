# Makes build/…/trident-installer/ and the archive beside it. Run as a script with SOURCE, BIN and OUT set; the archive's
# content depends on nothing but the files' bytes.
file(REMOVE_RECURSE ${OUT}/trident-installer)
file(MAKE_DIRECTORY ${OUT}/trident-installer)
file(GLOB manifests ${SOURCE}/*.yaml)
file(COPY ${manifests} ${SOURCE}/common.sh ${SOURCE}/sample-input ${SOURCE}/setup DESTINATION ${OUT}/trident-installer)
file(COPY ${SOURCE}/install_trident.sh ${SOURCE}/uninstall_trident.sh ${BIN}/tridentctl ${BIN}/launcher DESTINATION ${OUT}/trident-installer
  FILE_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
execute_process(
  COMMAND tar --sort=name --mtime=@1510790400 --owner=0 --group=0 --numeric-owner -cf trident-installer-17.10.1.tar trident-installer
  WORKING_DIRECTORY ${OUT} COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND gzip -nf -1 trident-installer-17.10.1.tar WORKING_DIRECTORY ${OUT} COMMAND_ERROR_IS_FATAL ANY)
