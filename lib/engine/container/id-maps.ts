export interface UserNamespaceRequest {
  mode?: string;
  uidMaps: string[];
  gidMaps: string[];
  subuidname?: string;
  subgidname?: string;
}
